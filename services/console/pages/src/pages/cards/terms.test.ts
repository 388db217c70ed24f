import { describe, expect, it } from 'vitest'
import { isComing, namesIn, type Terms } from './terms'

describe('namesIn', () => {
  it('takes a name a line, each once', () => {
    expect(namesIn(' 总馆\r\n\n南坪分馆 \n总馆')).toEqual(['总馆', '南坪分馆'])
  })
})

describe('isComing', () => {
  it.each([
    ['2026-09-02', true],
    ['2026-09-01', false],
    [null, false],
  ])('of %s', (effective_on, coming) => {
    expect(isComing({ effective_on } as Terms, '2026-09-01')).toBe(coming)
  })
})
