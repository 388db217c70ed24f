/** The words of the guardians' pages, in the language chosen on this phone. */
import en from './i18n/en'
import zh from './i18n/zh-CN'

export type Word = keyof typeof zh

const STORED = 'schoolcard.language'
let isEnglish = storedLanguage() === 'en'

function storedLanguage(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

export function t(name: Word): string {
  return (isEnglish ? en : zh)[name]
}

/** For names that come from elsewhere: codes, fields. */
export function word(name: string): string {
  return name in zh ? t(name as Word) : ''
}

export function languageCode(): string {
  return isEnglish ? 'en' : 'zh-CN'
}

export function switchLanguage(): void {
  isEnglish = !isEnglish
  try {
    localStorage.setItem(STORED, languageCode())
  } catch {
    // It holds as long as the page is open.
  }
}

const MINUTES: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }

/** A moment as people in Chongqing read it, to the minute. */
export function formatMoment(text: string): string {
  return new Date(text).toLocaleString(languageCode(), { ...MINUTES, timeZone: 'Asia/Shanghai', hour12: false })
}
