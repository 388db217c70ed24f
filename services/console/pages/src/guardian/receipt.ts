/** Behind a receipt: how far it is, correcting, withdrawing. */
import { placeOf } from '@/rules/className'
import { cardOf } from './card'
import { add, empty, h } from './dom'
import { field } from './fields'
import { alert, askAgain, button, panel, sentenceOf, show } from './frame'
import { get, send, type Answer } from './http'
import { TEXT_CHANGED, saidOf, signing, tellFaults, wording } from './registering'
import { SignaturePad } from './signaturePad'
import type { Receipt } from './types'
import { dropReceipt, findReceipts } from './unsent'
import { formatMoment, t, word } from './words'

const ORDER = ['id_number', 'name', 'class_id', 'home_district', 'phone', 'guardian_name', 'guardian_phone', 'relation']

/** What a signature stands for: whose child, and who says so. */
const SIGNED_FOR = ['id_number', 'name', 'guardian_name', 'relation']

interface Arrival {
  isNew?: boolean
  /** The link's token, to register another child. */
  link?: string
  said?: string
}

export async function openReceipt(code: string, arrival: Arrival = {}): Promise<void> {
  const again = (): void => void openReceipt(code, arrival)
  show(again, t('loading'))
  const answer = await get<Receipt>(`receipts/${encodeURIComponent(code)}`)
  if (answer.body !== null) draw(code, answer.body, arrival)
  else if (answer.status === 404) show(again, t('receiptGone'), panel(h('p', {}, t('receiptGoneHint'))))
  else show(again, t('receipt'), alert(sentenceOf(answer)), button(t('retry'), again))
}

function draw(code: string, receipt: Receipt, arrival: Arrival): void {
  const sure = h('div', {})
  const again = (): void => draw(code, receipt, arrival)
  const isKept = findReceipts().some((one) => one.receipt === code)
  show(
    again,
    arrival.isNew ? t('done') : t('receipt'),
    arrival.said ? h('p', { class: 'said', role: 'status' }, arrival.said) : null,
    panel(
      receipt.school_name ? h('p', { class: 'muted' }, receipt.school_name) : null,
      h('p', { class: `progress ${receipt.progress}`, 'data-test': 'progress' }, t(receipt.progress)),
      receipt.reason ? h('p', { class: 'note bad' }, t('reason') + t('colon') + receipt.reason) : null,
      h('p', {}, t('doneHint')),
      button(t('refresh'), () => void openReceipt(code, { link: arrival.link }), 'plain'),
    ),
    receipt.card_no ? cardOf(receipt.card_no) : null,
    panel(facts(receipt), h('p', { class: 'muted' }, t('masked'))),
    h(
      'div',
      {},
      receipt.may_correct ? button(t('correct'), () => correct(code, receipt, arrival)) : null,
      arrival.link ? button(t('another'), () => location.assign(`/g/${arrival.link}`), 'plain') : null,
      receipt.may_withdraw
        ? button(t('withdraw'), () => askAgain(sure, t('withdrawSure'), () => void withdraw(code, arrival, sure)), 'danger')
        : null,
      isKept ? button(t('forget'), () => { dropReceipt(code); again() }, 'plain') : null,
      sure,
    ),
  )
}

function facts(receipt: Receipt): HTMLElement {
  const rows: [string, string][] = [
    ['name', receipt.name],
    ['id_number', receipt.id_number],
    ['class_id', placeOf(receipt)],
    ['home_district', receipt.home_district],
    ['phone', receipt.phone],
    ['guardian_name', receipt.guardian_name],
    ['guardian_phone', receipt.guardian_phone],
    ['relation', receipt.name ? t(receipt.relation) : ''],
    ['sentAt', formatMoment(receipt.submitted_at)],
    ['changedAt', formatMoment(receipt.updated_at)],
  ]
  const list = h('dl', {})
  for (const [name, value] of rows) {
    if (value !== '') add(list, [h('div', {}, h('dt', {}, word(name)), h('dd', {}, value))])
  }
  return list
}

async function withdraw(code: string, arrival: Arrival, place: HTMLElement): Promise<void> {
  empty(place)
  add(place, [h('p', { role: 'status' }, t('sending'))])
  const answer = await send<Receipt>('POST', `receipts/${encodeURIComponent(code)}/withdraw`, null)
  if (answer.body !== null) {
    draw(code, answer.body, { link: arrival.link, said: t('withdrawDone') })
    return
  }
  empty(place)
  add(place, [alert(sentenceOf(answer))])
}

/** What has been filled in and signed before the language or the text changed; `said` is what the service found wrong. */
interface Correcting {
  kept: Record<string, string>
  pad: SignaturePad
  said: ReturnType<typeof saidOf>
}

function correct(code: string, receipt: Receipt, arrival: Arrival, begun: Partial<Correcting> = {}): void {
  const { kept = {}, pad = new SignaturePad(), said = [] } = begun
  const choices = { classes: receipt.classes, districts: receipt.districts }
  const shown = receipt as unknown as Record<string, unknown>
  const fields = ORDER.map((name) => field(name, choices, kept[name] || '', true, typeof shown[name] === 'string' ? String(shown[name]) : ''))
  const signature = signing(t('newSignature'), pad)
  const faults = h('div', {})
  const save = h('button', { type: 'submit', class: 'primary' }, t('save')) as HTMLButtonElement

  const typed = (): Record<string, string> => {
    const now: Record<string, string> = {}
    for (const one of fields) now[one.name] = one.value()
    return now
  }
  const fail = (answer: Answer<Receipt>): void => {
    save.disabled = false
    if (answer.code === 'registration_closed') {
      void openReceipt(code, { said: t('closed') })
      return
    }
    if (answer.faults.some((fault) => fault.code === TEXT_CHANGED)) {
      void readAnew(answer)
      return
    }
    tellFaults(faults, fields, saidOf(answer))
    window.scrollTo(0, 0)
  }
  /** The text has changed since the page was opened: only it is read and signed again. */
  const readAnew = async (answer: Answer<Receipt>): Promise<void> => {
    const now = await get<Receipt>(`receipts/${encodeURIComponent(code)}`)
    if (now.body === null) fail(now)
    else if (!now.body.may_correct) draw(code, now.body, { said: t('closed') })
    else correct(code, now.body, arrival, { kept: typed(), said: saidOf(answer) })
  }
  const go = async (): Promise<void> => {
    const body: Record<string, unknown> = {}
    for (const one of fields) if (one.value() !== '') body[one.name] = one.value()
    if (pad.isSigned) {
      body.signature = pad.picture()
      body.text_version = receipt.text.version
    }
    save.disabled = true
    const answer = await send<Receipt>('PATCH', `receipts/${encodeURIComponent(code)}`, body)
    if (answer.body !== null) draw(code, answer.body, { link: arrival.link, said: t('saved') })
    else fail(answer)
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    const wrong = fields.filter((one) => !one.check())
    const isForAnother = fields.some((one) => SIGNED_FOR.indexOf(one.name) >= 0 && one.value() !== '')
    if (wrong[0]) wrong[0].input.focus()
    else if (isForAnother && !signature.check()) {
      tellFaults(faults, fields, [{ detail: t('signAgain') }])
      pad.canvas.scrollIntoView()
    } else if (receipt.progress !== 'rejected' && !pad.isSigned && fields.every((one) => one.value() === '')) {
      tellFaults(faults, fields, [{ detail: t('nothing') }])
      window.scrollTo(0, 0)
    } else void go()
  }

  show(
    () => correct(code, receipt, arrival, { kept: typed(), pad }),
    t('correct'),
    faults,
    h(
      'form',
      { novalidate: true, onsubmit: submit },
      h('div', { class: 'panel' }, h('p', { class: 'muted' }, t('correctHint')), ...fields.map((one) => one.element)),
      h('div', { class: 'panel' }, h('p', {}, t('signAgain')), ...wording(receipt.text), signature.element),
      save,
      button(t('back'), () => draw(code, receipt, arrival), 'plain'),
    ),
  )
  tellFaults(faults, fields, said)
}
