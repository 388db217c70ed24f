import { describe, expect, it } from 'vitest'
import { daysBetween, toCsv } from './figures'

describe('daysBetween', () => {
  it('has every day, over the end of a month', () => {
    expect(daysBetween('2026-02-27', '2026-03-02', [{ day: '2026-03-01', cards: 7 }])).toEqual([
      { day: '2026-02-27', cards: 0 },
      { day: '2026-02-28', cards: 0 },
      { day: '2026-03-01', cards: 7 },
      { day: '2026-03-02', cards: 0 },
    ])
  })

  it('shows the last two years of more', () => {
    const days = daysBetween('1990-01-01', '2026-03-02', [])
    expect([days.length, days[days.length - 1]!.day]).toEqual([731, '2026-03-02'])
  })

  it('is empty when the last is before the first', () => {
    expect(daysBetween('2026-03-02', '2026-03-01', [])).toEqual([])
  })
})

describe('toCsv', () => {
  it('quotes, and disarms formulas', () => {
    expect(toCsv([['a "b"', 3], ['=1+1', -2]])).toBe('\ufeff"a ""b""","3"\r\n"\'=1+1","-2"\r\n')
  })
})
