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

/** A moment as people in Chongqing read it. */
export function formatMoment(text: string): string {
  const moment = new Date(text)
  return moment.toLocaleString(languageCode(), { timeZone: 'Asia/Shanghai', hour12: false })
}
