/** Languages: Chinese comes with the pages, English when it is chosen. */
import type { Language } from 'element-plus/es/locale'
import zhElement from 'element-plus/dist/locale/zh-cn.mjs'
import { computed, shallowRef } from 'vue'
import { createI18n } from 'vue-i18n'
import zh from './zh-CN'

export type LanguageCode = 'zh-CN' | 'en'

const STORED = 'schoolcard.language'

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh } as Record<string, typeof zh>,
})

let pageTitle = ''
const element = shallowRef<Language>(zhElement)
export const elementLanguage = computed(() => element.value)

export async function setLanguage(code: LanguageCode): Promise<void> {
  if (code === 'en') {
    const [messages, words] = await Promise.all([import('./en'), import('element-plus/dist/locale/en.mjs')])
    i18n.global.setLocaleMessage('en', messages.default)
    element.value = words.default
  } else {
    element.value = zhElement
  }
  i18n.global.locale.value = code
  document.documentElement.lang = code
  showTitle()
  localStorage.setItem(STORED, code)
}

/** `key`: the message that names the page, for whoever has many windows or none to look at. */
export function setPageTitle(key: string): void {
  pageTitle = key
  showTitle()
}

function showTitle(): void {
  const { t } = i18n.global
  document.title = pageTitle === '' ? t('app.title') : `${t(pageTitle)} · ${t('app.title')}`
}

export function storedLanguage(): LanguageCode {
  return localStorage.getItem(STORED) === 'en' ? 'en' : 'zh-CN'
}
