import { describe, expect, it } from 'vitest'
import { ageOn, birthDate, checkCharacter, cleanId, faultOf } from './residentId'

const today = new Date('2026-09-01T00:00:00+08:00')
const body = '50010320150309998'
const valid = body + checkCharacter(body)

describe('resident ID numbers', () => {
  it('knows the check characters of the standard', () => {
    // The two numbers GB 11643-1999 itself gives as examples.
    expect(checkCharacter('11010519491231002')).toBe('X')
    expect(checkCharacter('44052418800101001')).toBe('4')
  })

  it('finds nothing wrong with a right number', () => {
    expect(faultOf(valid, today)).toBeNull()
    expect(birthDate(valid)).toBe('2015-03-09')
    expect(ageOn('2015-03-09', today)).toBe(11)
    expect(ageOn('2015-09-02', today)).toBe(10)
  })

  it('says what is wrong', () => {
    expect(faultOf('', today)).toBe('id_missing')
    expect(faultOf(valid.slice(0, 17), today)).toBe('id_length')
    expect(faultOf('5001A3201503099981', today)).toBe('id_format')
    expect(faultOf('500103201502309981', today)).toBe('id_birth_date')
    expect(faultOf('500103203003099981', today)).toBe('id_birth_date')
    const last = valid[17] === '1' ? '2' : '1'
    expect(faultOf(body + last, today)).toBe('id_checksum')
  })

  it('every change of one digit is found', () => {
    for (let at = 0; at < 17; at += 1) {
      const digit = valid[at] === '9' ? '1' : String(Number(valid[at]) + 1)
      const wrong = valid.slice(0, at) + digit + valid.slice(at + 1)
      expect(faultOf(wrong, today), wrong).not.toBeNull()
    }
  })

  it('cleans what input methods leave', () => {
    expect(cleanId(' １１０105 19491231 002x ')).toBe('11010519491231002X')
  })
})
