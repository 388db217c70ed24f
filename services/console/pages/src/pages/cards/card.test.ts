import { describe, expect, it } from 'vitest'
import { STEPS, fen, mayStep, socialSecurity, yuan, type Card } from './card'

function card(status: Card['status'], physical: Card['physical']): Card {
  return { status, physical, suspended_by_library: status === 'suspended' } as Card
}

function steps(status: Card['status'], physical: Card['physical']): string[] {
  return STEPS.filter((step) => mayStep(card(status, physical), step))
}

describe('mayStep', () => {
  it.each([
    ['active', null, ['make_physical', 'replace', 'suspend', 'close']],
    ['active', 'wanted', ['print', 'replace', 'suspend', 'close']],
    ['active', 'printed', ['hand_out', 'report_lost', 'replace', 'suspend', 'close']],
    ['active', 'handed_out', ['report_lost', 'replace', 'suspend', 'close']],
    ['active', 'lost', ['report_found', 'replace', 'suspend', 'close']],
    ['suspended', null, ['replace', 'resume', 'close']],
    ['suspended', 'handed_out', ['report_lost', 'replace', 'resume', 'close']],
    ['closed', 'handed_out', []],
    ['replaced', null, []],
  ] as const)('offers what a card that is %s and %s can do', (status, physical, offered) => {
    expect(steps(status, physical)).toEqual(offered)
  })
})

describe('a card whose consent is withdrawn', () => {
  it.each([
    [false, ['replace', 'suspend', 'close']],
    [true, ['replace', 'close']],
  ])('waits for the guardian; the library (%s) suspends it once', (suspended_by_library, offered) => {
    const held = { ...card('suspended', null), consent_withdrawn: true, suspended_by_library }
    expect(STEPS.filter((step) => mayStep(held, step))).toEqual(offered)
  })
})

describe('amounts', () => {
  it.each([
    ['10', 1000],
    ['10.5', 1050],
    ['0.07', 7],
    ['19.99', 1999],
    ['', null],
    ['-1', null],
    ['1.234', null],
    ['十', null],
  ])('reads %s', (text, amount) => {
    expect(fen(text)).toBe(amount)
  })

  it('writes two digits', () => {
    expect([yuan(0), yuan(7), yuan(1050)]).toEqual(['0.00', '0.07', '10.50'])
  })
})

describe('socialSecurity', () => {
  it.each([
    ['A12345678', 'A12345678'],
    [' a1234 5678 ', 'A12345678'],
    ['Ａ12345678', 'A12345678'],
    ['A1234567', null],
    ['A-2345678', null],
    ['', null],
  ])('of %s', (text, kept) => {
    expect(socialSecurity(text)).toBe(kept)
  })
})
