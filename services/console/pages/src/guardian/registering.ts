/** Behind a school's link: welcome, the authorization, the form with the signature, sending it exactly once. */
import { dropBegun, findBegun, keepBegun } from './begun'
import { add, empty, h, type Child } from './dom'
import { field, type Field } from './fields'
import { alert, askAgain, button, panel, sentenceOf, show } from './frame'
import { get, randomKey, send, type Answer } from './http'
import { openReceipt } from './receipt'
import { SignaturePad } from './signaturePad'
import type { Form, SubmissionBody } from './types'
import { dropUnsent, findReceipts, findUnsent, keepReceipt, keepUnsent, type Unsent } from './unsent'
import { formatMoment, languageCode, t, word } from './words'

const CHILD = ['id_number', 'name', 'class_id', 'home_district', 'phone']
const GUARDIAN = ['guardian_name', 'guardian_phone', 'relation']
const RETRY_EVERY = 15_000

/** What was signed is not the text of now. */
export const TEXT_CHANGED = 'text_unknown'

/** What has been filled in and signed; it goes along to the text and back, and from one language to the other. */
interface Begun {
  body: SubmissionBody | null
  pad: SignaturePad
}

/** Opens the page behind `/g/<token>`. */
export async function openForm(token: string): Promise<void> {
  const unsent = findUnsent(token)
  if (unsent !== null) {
    sending()
    await deliver(token, unsent, null)
    return
  }
  show(() => void openForm(token), t('loading'))
  const answer = await get<Form>(encodeURIComponent(token))
  if (answer.body !== null) welcome(token, answer.body, { body: findBegun(token), pad: new SignaturePad() })
  else if (answer.status === 404) gone(token)
  else show(() => void openForm(token), t('title'), alert(sentenceOf(answer)), button(t('retry'), () => void openForm(token)))
}

/** Nobody can send here any more. */
function gone(token: string): void {
  dropBegun(token)
  show(() => void openForm(token), t('gone'), panel(h('p', {}, t('goneHint'))), mine())
}

function sending(): void {
  show(sending, t('sending'))
}

function welcome(token: string, form: Form, begun: Begun): void {
  show(
    () => welcome(token, form, begun),
    form.school_name || t('title'),
    panel(
      h('p', {}, t('welcome')),
      h('p', { class: 'muted' }, t('steps')),
      h('p', { class: 'muted' }, t('need')),
      h('p', { class: 'muted' }, t('until') + formatMoment(form.expires_at)),
      button(t('continue'), () => authorization(token, form, begun)),
    ),
    isTyped(begun.body) ? unfinished(token, form) : null,
    mine(),
  )
}

/** Whether there is more than what the page fills in by itself. */
function isTyped(body: SubmissionBody | null): boolean {
  const typed = (body || {}) as unknown as Record<string, unknown>
  return CHILD.concat(GUARDIAN).some((name) => name !== 'home_district' && Boolean(typed[name]))
}

/** Says that what was filled in is still there, and offers to throw it away. */
function unfinished(token: string, form: Form): HTMLElement {
  const sure = h('div', {})
  const drop = (): void => {
    dropBegun(token)
    welcome(token, form, { body: null, pad: new SignaturePad() })
  }
  const element = panel(h('p', {}, t('begun')), button(t('drop'), () => askAgain(sure, t('dropSure'), drop), 'plain'), sure)
  element.setAttribute('data-test', 'begun')
  return element
}

function authorization(token: string, form: Form, begun: Begun): void {
  const agree = h('input', { type: 'checkbox', id: 'agree' }) as HTMLInputElement
  const fault = h('p', { class: 'note bad', 'aria-live': 'polite' })
  const go = (): void => {
    empty(fault)
    if (agree.checked) fillIn(token, form, begun, [])
    else {
      add(fault, [t('agree_missing')])
      agree.focus()
    }
  }
  show(
    () => authorization(token, form, begun),
    t('read'),
    panel(
      ...wording(form.text),
      h('label', { for: 'agree', class: 'check' }, agree, h('span', {}, t('agree'))),
      fault,
      button(t('register'), go),
      button(t('back'), () => welcome(token, form, begun), 'plain'),
    ),
  )
}

/** The text of the authorization, as it is signed. */
export function wording(text: Form['text']): Child[] {
  return [
    t('noTranslation') ? h('p', { class: 'muted' }, t('noTranslation')) : null,
    h('h2', { lang: 'zh-CN' }, text.title),
    ...text.body.split('\n').map((line) => h('p', { lang: 'zh-CN', class: 'text' }, line.replace(/\{child\}/g, t('blank')))),
  ]
}

/** `said` is what the service found wrong with it. */
function fillIn(token: string, form: Form, begun: Begun, said: { field?: string; detail: string }[]): void {
  const before = begun.body
  const choices = { classes: form.classes, districts: form.districts }
  const usual: Record<string, string> = { home_district: form.home_district }
  const names = form.one_class ? CHILD.filter((name) => name !== 'class_id') : CHILD
  const value = (name: string): string => {
    const kept = before === null ? usual[name] : (before as unknown as Record<string, unknown>)[name]
    return typeof kept === 'string' ? kept : ''
  }
  const make = (name: string): Field => field(name, choices, value(name))
  const child = names.map(make)
  const guardian = GUARDIAN.map(make)
  const fields = child.concat(guardian)
  const signature = signing(t('signature'), begun.pad)
  const soFar = (): Begun => ({ body: collect(fields, form), pad: begun.pad })
  const keep = (): void => keepBegun(token, collect(fields, form))
  const faults = h('div', {})
  const submit = h('button', { type: 'submit', class: 'primary' }, t('submit')) as HTMLButtonElement

  const go = (event: Event): void => {
    event.preventDefault()
    const wrong = fields.filter((one) => !one.check())
    if (!signature.check() && wrong.length === 0) begun.pad.canvas.scrollIntoView()
    if (wrong[0]) wrong[0].input.focus()
    if (wrong.length > 0 || !begun.pad.isSigned) return
    const body: Record<string, unknown> = { text_version: form.text.version, signature: begun.pad.picture() }
    for (const one of fields) if (one.value() !== '') body[one.name] = one.value()
    submit.disabled = true
    submit.textContent = t('sending')
    const unsent = { key: randomKey(), body: body as unknown as SubmissionBody }
    keepUnsent(token, unsent)
    void deliver(token, unsent, form)
  }

  show(
    () => fillIn(token, form, soFar(), []),
    t('fill'),
    faults,
    h(
      'form',
      { novalidate: true, onsubmit: go, oninput: keep, onchange: keep },
      h('fieldset', { class: 'panel' }, h('legend', {}, t('childPart')), ...child.map((one) => one.element)),
      h('fieldset', { class: 'panel' }, h('legend', {}, t('guardianPart')), ...guardian.map((one) => one.element), signature.element),
      submit,
      button(t('back'), () => authorization(token, form, soFar()), 'plain'),
    ),
  )
  tellFaults(faults, fields, said)
}

function collect(fields: Field[], form: Form): SubmissionBody {
  const body: Record<string, unknown> = { text_version: form.text.version }
  for (const one of fields) body[one.name] = one.value()
  return body as unknown as SubmissionBody
}

/** What the service found wrong, in the language of the page where it has a word for it. */
export function saidOf(answer: Answer<unknown>): { field?: string; detail: string }[] {
  if (answer.faults.length === 0) return [{ detail: sentenceOf(answer) }]
  return answer.faults.map(({ field, code, detail }) => {
    // Not the service's sentence: the page need not be opened anew.
    if (code === TEXT_CHANGED) return { field, detail: t(TEXT_CHANGED) }
    return { field, detail: (languageCode() === 'en' && word(code)) || detail }
  })
}

/** What the service found wrong, at its fields and in one place that is read out. */
export function tellFaults(place: HTMLElement, fields: Field[], said: { field?: string; detail: string }[]): void {
  empty(place)
  if (said.length === 0) return
  for (const fault of said) {
    const at = fields.filter((one) => one.name === fault.field)[0]
    if (at) at.check(fault.detail)
  }
  add(place, [alert(h('p', {}, t('correctFaults')), h('ul', {}, ...said.map((fault) => h('li', {}, fault.detail))))])
}

/** The field to sign in, with its label, its button and its fault; `pad` may have been signed already. */
export function signing(label: string, pad: SignaturePad): { element: HTMLElement; check(): boolean } {
  const note = h('p', { class: 'note', 'aria-live': 'polite' })
  const tell = (text: string, kind: string): void => {
    empty(note)
    add(note, [text])
    note.className = `note ${kind}`
  }
  pad.canvas.setAttribute('aria-label', label)
  pad.changed = () => tell(pad.isSigned ? t('signed') : '', 'good')
  pad.changed()
  const element = h(
    'div',
    { class: 'field' },
    h('p', { class: 'label' }, label),
    h('p', { class: 'muted' }, t('signHint')),
    pad.canvas,
    button(t('signClear'), () => pad.clear(), 'plain'),
    note,
  )
  return {
    element,
    check: () => {
      if (!pad.isSigned) tell(t('signature_missing'), 'bad')
      return pad.isSigned
    },
  }
}

async function deliver(token: string, unsent: Unsent, form: Form | null): Promise<void> {
  const path = `${encodeURIComponent(token)}/submissions`
  const answer = await send<{ receipt: string }>('POST', path, unsent.body, unsent.key)
  if (answer.body !== null) {
    dropUnsent(token)
    dropBegun(token)
    const receipt = answer.body.receipt
    keepReceipt({ receipt, name: masked(unsent.body.name), at: new Date().toISOString() })
    history.replaceState(null, '', `/g/receipt/${receipt}`)
    await openReceipt(receipt, { isNew: true, link: token })
  } else if (isFinal(answer)) {
    dropUnsent(token)
    await goOn(token, unsent, answer, form)
  } else {
    waitForNetwork(token, unsent, answer.code === 'link_full' ? sentenceOf(answer) : '')
  }
}

/** Whether sending the same again would be answered the same. */
function isFinal(answer: Answer<unknown>): boolean {
  return answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429
}

async function goOn(token: string, unsent: Unsent, answer: Answer<unknown>, form: Form | null): Promise<void> {
  if (answer.status === 404) {
    gone(token)
    return
  }
  // It was typed in another tab, if this page was opened to send it.
  keepBegun(token, unsent.body)
  const known = form === null ? (await get<Form>(encodeURIComponent(token))).body : form
  if (known === null) await openForm(token)
  else fillIn(token, known, { body: unsent.body, pad: new SignaturePad() }, saidOf(answer))
}

/** `said`: why it has to wait, when it is not the network. */
function waitForNetwork(token: string, unsent: Unsent, said = ''): void {
  const sure = h('div', {})
  let isOver = false
  const go = (): void => {
    if (isOver) return
    isOver = true
    clearInterval(timer)
    window.removeEventListener('online', go)
    sendNow.disabled = true
    sendNow.textContent = t('sending')
    void deliver(token, unsent, null)
  }
  const drop = (): void => {
    isOver = true
    clearInterval(timer)
    window.removeEventListener('online', go)
    dropUnsent(token)
    dropBegun(token)
    void openForm(token)
  }
  const sendNow = button(t('sendNow'), go)
  // Web views do not always tell that the network is back.
  const timer = setInterval(go, RETRY_EVERY)
  window.addEventListener('online', go)
  show(
    () => {
      isOver = true
      clearInterval(timer)
      window.removeEventListener('online', go)
      waitForNetwork(token, unsent, said)
    },
    t('unsentTitle'),
    panel(h('p', { 'data-test': 'unsent' }, said || t('unsent')), sendNow, button(t('drop'), () => askAgain(sure, t('dropSure'), drop), 'plain'), sure),
  )
}

/** What was sent from this phone before. */
function mine(): HTMLElement | null {
  const kept = findReceipts()
  if (kept.length === 0) return null
  return panel(
    h('h2', {}, t('mine')),
    h(
      'ul',
      {},
      ...kept.map((one) => h('li', {}, h('a', { href: `/g/receipt/${one.receipt}` }, `${one.name} ${formatMoment(one.at)}`))),
    ),
  )
}

function masked(name: string): string {
  const text = name.trim()
  return text.length <= 1 ? '*' : text.charAt(0) + '*' + (text.length > 2 ? text.slice(-1) : '')
}
