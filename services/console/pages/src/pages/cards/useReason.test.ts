import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import en from '@/i18n/en'
import zh from '@/i18n/zh-CN'
import { useReason } from './useReason'

function reasons(locale: 'zh-CN' | 'en') {
  const i18n = createI18n({ legacy: false, locale, messages: { 'zh-CN': zh, en } as Record<string, typeof zh> })
  let found: ReturnType<typeof useReason> | null = null
  mount({ setup: () => ((found = useReason()), () => null) }, { global: { plugins: [i18n] } })
  return found!.reasonOf
}

describe('the reason of a step', () => {
  it('is the one that was chosen, in the language of the pages', () => {
    const chosen = { reason_code: 'overdue', reason: '图书逾期未还' }
    expect(reasons('zh-CN')(chosen)).toBe('图书逾期未还')
    expect(reasons('en')(chosen)).toBe('overdue items')
  })

  it('stands before what was written beside it', () => {
    expect(reasons('zh-CN')({ reason_code: 'overdue', reason: '三册' })).toBe('图书逾期未还（三册）')
    expect(reasons('en')({ reason_code: 'overdue', reason: '三册' })).toBe('overdue items (三册)')
  })

  it('is what was written when none was chosen', () => {
    expect(reasons('en')({ reason_code: null, reason: '家长来电' })).toBe('家长来电')
    expect(reasons('en')({ reason_code: null, reason: null })).toBe('')
  })

  it.each([
    ['领取人：读者本人', 'taken by the reader'],
    ['领取人：监护人', 'taken by a guardian'],
    ['领取人：学校老师（代领）', 'taken by a teacher of the school'],
  ])('says who took the card in the language of the pages: %s', (chinese, english) => {
    expect(reasons('en')({ reason_code: null, reason: chinese })).toBe(english)
    expect(reasons('zh-CN')({ reason_code: null, reason: chinese })).toBe(chinese)
  })
})
