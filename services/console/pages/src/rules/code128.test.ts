import { describe, expect, it } from 'vitest'
import { bars, symbols, widths } from './code128'

describe('Code 128', () => {
  it('pairs digits, takes an odd last one alone, and checks', () => {
    // 105 + 1·42 + 2·18 + 3·40 + 4·20 + 5·50 = 633 = 6·103 + 15
    expect(symbols('4218402050')).toEqual([105, 42, 18, 40, 20, 50, 15, 106])
    expect(symbols('500103260000015')).toEqual([105, 50, 1, 3, 26, 0, 0, 1, 100, 21, checkOf([50, 1, 3, 26, 0, 0, 1, 100, 21]), 106])
  })

  it('has eleven modules a character, thirteen for the stop, and bars that are even in sum', () => {
    const drawn = widths('500103260000015')
    expect(drawn.length % 6).toBe(1)
    for (let at = 0; at + 7 < drawn.length; at += 6) {
      const character = drawn.slice(at, at + 6)
      expect(character.reduce((sum, width) => sum + width, 0)).toBe(11)
      expect((character[0]! + character[2]! + character[4]!) % 2).toBe(0)
    }
    expect(bars('500103260000015').width).toBe(11 * 11 + 13)
  })

  it.each(['', '1', '12a', '１２'])('takes no %s', (digits) => {
    expect(() => symbols(digits)).toThrow(RangeError)
  })
})

function checkOf(values: number[]): number {
  let sum = 105
  values.forEach((value, at) => (sum += value * (at + 1)))
  return sum % 103
}
