import { describe, expect, it } from 'vitest'
import { placeOf, proposeClass } from './className'

describe('proposeClass', () => {
  it.each([
    ['三年级1班', '', '三年级', '1班'],
    ['三年级(1)班', '', '三年级', '1班'],
    ['三年级（十二）班', '', '三年级', '十二班'],
    ['高一3班', '', '高一', '3班'],
    ['大班向日葵班', '', '大班', '向日葵班'],
    ['2班', '五年级', '五年级', '2班'],
    ['五年级2班', '五年级', '五年级', '2班'],
    ['火箭班', '', '', '火箭班'],
  ])('takes %s with grade "%s" apart', (text, gradeText, grade, name) => {
    expect(proposeClass(text, gradeText)).toEqual({ grade, name })
  })
})

describe('placeOf', () => {
  it.each([
    [{ grade_name: '五年级', class_name: '6班' }, '五年级6班'],
    [{ grade_name: '三年级', class_name: '三年级1班' }, '三年级1班'],
    [{ grade_name: null, class_name: '6班' }, '6班'],
    [{ grade_name: null, class_name: null }, ''],
    [{}, ''],
  ])('shows %o as "%s"', (item, shown) => {
    expect(placeOf(item)).toBe(shown)
  })
})
