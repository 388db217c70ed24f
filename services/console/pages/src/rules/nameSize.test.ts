import { describe, expect, it } from 'vitest'
import { nameSize, nameWidth } from './nameSize'

describe('names', () => {
  it.each([
    ['王小明', 3],
    ['𬭚𠅤', 2],
    ['阿卜杜热合曼·买买提艾力', 12],
    ['Anna', 2.55],
  ])('measure %s', (name, width) => {
    expect(nameWidth(name)).toBeCloseTo(width)
  })

  it.each(['王', '王小明', '欧阳娜娜', '阿卜杜热合曼·买买提艾力', '伊'.repeat(25), '伊'.repeat(50), 'x'.repeat(50)])('fit: %s', (name) => {
    const { size, lines } = nameSize(name, 50, 5.5, 3)
    expect(size).toBeLessThanOrEqual(5.5)
    const perLine = Math.floor(50 / size + 1e-9)
    expect(lines * (lines === 1 ? 50 / size : perLine)).toBeGreaterThanOrEqual(nameWidth(name))
  })

  it('stays large while it can', () => {
    expect(nameSize('王小明', 50, 5.5, 3)).toEqual({ size: 5.5, lines: 1 })
  })
})
