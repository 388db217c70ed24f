/** The frame of all guardian pages: heading, language switch, messages, buttons. */
import { add, empty, h, type Child } from './dom'
import type { Answer } from './http'
import { languageCode, switchLanguage, t } from './words'

const app = document.getElementById('app')!

/** Shows a page; `again` draws it once more in the other language. */
export function show(again: () => void, title: string, ...content: Child[]): void {
  document.documentElement.lang = languageCode()
  document.title = t('title')
  empty(app)
  const language = h('button', { type: 'button', class: 'plain', onclick: () => { switchLanguage(); again() } }, t('language'))
  const heading = h('h1', { tabindex: '-1' }, title)
  add(app, [h('header', {}, h('p', { class: 'brand' }, t('title')), language), heading])
  add(app, content)
  window.scrollTo(0, 0)
  heading.focus()
}

export function button(label: string, onclick: () => void, kind: 'primary' | 'plain' | 'danger' = 'primary'): HTMLButtonElement {
  return h('button', { type: 'button', class: kind, onclick }, label) as HTMLButtonElement
}

export function panel(...children: Child[]): HTMLElement {
  return h('section', { class: 'panel' }, ...children)
}

export function alert(...children: Child[]): HTMLElement {
  return h('div', { class: 'alert', role: 'alert' }, ...children)
}

/** What an answer that is none says to the guardian. */
export function sentenceOf(answer: Answer<unknown>): string {
  if (answer.status === 0) return t('offline')
  if (answer.code === 'link_full') return t('full')
  if (answer.status === 429) return t('busy')
  return languageCode() === 'en' ? t('failed') : answer.detail || t('failed')
}

/** Asks once more within the page; browsers' own dialogs are blocked in some web views. */
export function askAgain(place: HTMLElement, question: string, yes: () => void): void {
  empty(place)
  add(place, [
    h(
      'div',
      { class: 'alert', role: 'alert' },
      h('p', {}, question),
      button(t('yes'), yes, 'danger'),
      button(t('no'), () => empty(place), 'plain'),
    ),
  ])
}
