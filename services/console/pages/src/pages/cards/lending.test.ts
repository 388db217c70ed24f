import { describe, expect, it } from 'vitest'
import { dueOn, loansOf, type LoanRow } from './lending'

const TERMS = { loan_days: 30, renewal_days: 20 }

function row(more: Partial<LoanRow>): LoanRow {
  return { key: 1, item: '海底两万里', foreign: false, since: '2026-09-01', renewals: 0, reserved: false, chosen: true, ...more }
}

describe('dueOn', () => {
  it.each([
    [{}, '2026-10-01'],
    [{ renewals: 1 }, '2026-09-21'],
    [{ since: '2028-02-01' }, '2028-03-02'],
    [{ since: '' }, ''],
  ])('of %o', (more, due) => {
    expect(dueOn(row(more), TERMS)).toBe(due)
  })
})

describe('loansOf', () => {
  it('leaves out rows that nothing was typed into', () => {
    expect(loansOf([row({ item: '  ', since: '' })], TERMS)).toEqual([])
  })

  it('has no answer while a day is missing', () => {
    expect(loansOf([row({}), row({ since: '' })], TERMS)).toBeNull()
  })

  it('says what the service asks for', () => {
    expect(loansOf([row({ item: ' 1001 ', foreign: true, renewals: 1, reserved: true })], TERMS)).toEqual([
      { item_id: '1001', due_on: '2026-09-21', foreign: true, renewals: 1, reserved: true },
    ])
  })
})
