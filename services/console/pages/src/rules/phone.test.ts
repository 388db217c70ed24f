import { describe, expect, it } from 'vitest'
import { cleanPhone, isPhone } from './phone'
import { cleanName, isName } from './personName'

describe('phones', () => {
  it.each(['13800138000', '+86 138-0013-8000', '138 0013 8000', '023-67012345', '(023)67012345', '67012345'])(
    'takes %s',
    (text) => expect(isPhone(cleanPhone(text))).toBe(true),
  )
  it.each(['', '1380013800', '12800138000', '138001380001', 'abc'])('refuses %j', (text) =>
    expect(isPhone(cleanPhone(text))).toBe(false),
  )
})

describe('names', () => {
  it.each(['王小明', '阿依古丽·买买提', '𠮷田', '䶮', "O'Brien", 'Anna-Lena'])('takes %s', (name) =>
    expect(isName(cleanName(name))).toBe(true),
  )
  it.each(['', '王1', '=A1', '·', '王\u202E明', '😀'])('refuses %j', (name) => expect(isName(cleanName(name))).toBe(false))
  it('cleans blanks and dots', () => {
    expect(cleanName(' 王 小 明 ')).toBe('王小明')
    expect(cleanName('阿依古丽•买买提')).toBe('阿依古丽·买买提')
  })
})
