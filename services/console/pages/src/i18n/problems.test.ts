import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readProblem } from '@/api/problem'
import { i18n, setLanguage } from './index'
import { problemText } from './problems'

const { sentence, fieldSentence, listed, inFull } = problemText(i18n.global)
const LENGTH = { code: 'id_length', detail: '身份证号应为 18 位，这里是 17 位。', field: 'id_number', row: '7' }

describe('in Chinese', () => {
  it('the services speak themselves', () => {
    expect(fieldSentence(LENGTH, { length: 17 })).toBe('第 7 行：身份证号应为 18 位，这里是 17 位。')
    expect(fieldSentence({ code: '', detail: '请核对' })).toBe('请核对')
  })

  it('what is said of any field alike names its own', () => {
    const malformed = { code: 'malformed_value', detail: '该项缺失、多余或格式不正确。' }
    expect(listed({ ...malformed, field: 'name' })).toBe('姓名：该项缺失、多余或格式不正确。')
    expect(listed({ ...malformed, field: 'sort_order' })).toBe('sort_order：该项缺失、多余或格式不正确。')
    expect(listed(malformed)).toBe(malformed.detail)
    expect(listed(LENGTH)).toBe(fieldSentence(LENGTH))
  })
})

describe('in English', () => {
  beforeAll(() => setLanguage('en'))
  afterAll(() => setLanguage('zh-CN'))

  it('a sentence names what is known', () => {
    expect(fieldSentence(LENGTH, { length: 17 })).toBe('Row 7: An ID number has 18 characters; this one has 17.')
    const unknown = { code: 'district_unknown', detail: '“渝西”不是重庆市的区县，请填写如“渝中”的区县名称。' }
    expect(fieldSentence(unknown, { value: '渝西' })).toBe('There is no district “渝西” in this city.')
    expect(fieldSentence({ code: 'items_used_up', detail: '最多可借5册，已达到上限。' }, { count: 0 })).toContain('allows: 0.')
  })

  it('a text is filled in as it is, whatever it looks like', () => {
    const written = "{'{value}'} @:codes.error | %{count}"
    expect(fieldSentence({ code: 'class_unknown', detail: '…' }, { value: written })).toBe(`The school has no class “${written}”.`)
  })

  it('a sentence is the plain one where something is not known', () => {
    for (const known of [{}, { length: '' }, { value: '1234' }]) {
      expect(fieldSentence(LENGTH, known)).toBe('Row 7: An ID number has 18 characters.')
    }
  })

  it('no code and a code of nobody leave the words as they are', () => {
    expect(fieldSentence({ code: '', detail: '请核对' })).toBe('请核对')
    expect(fieldSentence({ code: 'returned_by_operator', detail: '请核对' })).toBe('请核对')
  })

  it('problems are told in full', () => {
    const errors = [{ code: 'malformed_value', detail: '该项缺失、多余或格式不正确。', field: 'phone' }]
    const problem = readProblem(400, { code: 'malformed_request', detail: '请求格式不正确。', request_id: 'r-1', errors })
    expect(sentence(problem)).toBe('The request is malformed.')
    expect(inFull(problem)).toContain('Phone: Missing, needless or not of the right form.')
    expect(inFull(problem)).not.toMatch(/\p{Script=Han}/u)
  })
})
