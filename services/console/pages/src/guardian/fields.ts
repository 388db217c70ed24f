/** The form's fields (appendix 5, and who signs), with the checks made while typing; the service has the last word. */
import { placeOf } from '@/rules/className'
import { birthDate, cleanId, faultOf } from '@/rules/residentId'
import { cleanPhone, isPhone } from '@/rules/phone'
import { add, empty, h, newId } from './dom'
import type { ClassChoice } from './types'
import { t, word } from './words'

/** A word for what is wrong with a text, "" for nothing. */
type Check = (text: string) => string

export interface Field {
  name: string
  element: HTMLElement
  input: HTMLInputElement | HTMLSelectElement
  value(): string
  /** Shows what is wrong, if anything; true for nothing. `said` is the service's own sentence. */
  check(said?: string): boolean
}

export interface Choices {
  classes: ClassChoice[]
  districts: string[]
}

interface Kind {
  type?: string
  mode?: string
  complete?: string
  longest?: number
  isRequired: boolean
  check: Check
  note?: (text: string) => string
}

const today = new Date()

function checkName(missing: string): Check {
  return (text) => {
    if (text.trim() === '') return missing
    // Letters of any script: whatever is no digit and no ASCII or full-width symbol.
    return /[\d!-&(-,/:-@[-`{-~０-９＝！？＠＃]/.test(text) || text.trim().length > 50 ? 'name_format' : ''
  }
}

const KINDS: Record<string, Kind> = {
  id_number: {
    complete: 'off',
    longest: 24,
    isRequired: true,
    check: (text) => faultOf(cleanId(text), today) || '',
    note: (text) => t('idGood') + (birthDate(cleanId(text)) || ''),
  },
  name: { complete: 'off', longest: 60, isRequired: true, check: checkName('name_missing') },
  phone: {
    type: 'tel',
    complete: 'tel',
    longest: 24,
    isRequired: true,
    check: (text) => (text.trim() === '' ? 'phone_missing' : isPhone(cleanPhone(text)) ? '' : 'phone_format'),
  },
  guardian_name: { complete: 'name', longest: 60, isRequired: true, check: checkName('guardian_missing') },
  guardian_phone: {
    type: 'tel',
    complete: 'tel',
    longest: 24,
    isRequired: false,
    check: (text) => (text.trim() === '' || isPhone(cleanPhone(text)) ? '' : 'phone_format'),
  },
}

const SELECTS: Record<string, string> = { class_id: '', home_district: 'district_missing', relation: 'relation_missing' }
const RELATIONS = ['father', 'mother', 'grandparent', 'guardian']

/** With `isCorrection` nothing is required: what is left empty stays; `shown` is the masked value. */
export function field(name: string, choices: Choices, value: string, isCorrection = false, shown = ''): Field {
  return name in SELECTS ? select(name, choices, value, isCorrection) : text(name, value, isCorrection, shown)
}

function text(name: string, value: string, isCorrection: boolean, shown: string): Field {
  const kind = KINDS[name]!
  const id = newId()
  const input = h('input', {
    id,
    name,
    type: kind.type || 'text',
    maxlength: kind.longest || 100,
    autocomplete: isCorrection ? 'off' : kind.complete || 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    placeholder: isCorrection ? shown : null,
    'aria-describedby': `${id}n`,
    'aria-required': !isCorrection && kind.isRequired ? 'true' : null,
  }) as HTMLInputElement
  input.value = value
  const check: Check = (given) => (isCorrection && given.trim() === '' ? '' : kind.check(given))
  const made = assemble(name, id, input, !isCorrection && kind.isRequired, check, kind.note)
  if (isCorrection) made.element.className += ' correction'
  return made
}

function select(name: string, choices: Choices, value: string, isCorrection: boolean): Field {
  const id = newId()
  const input = h('select', { id, name, 'aria-describedby': `${id}n` }) as HTMLSelectElement
  const first = isCorrection ? t('unchanged') : t(name === 'class_id' ? 'class_none' : 'relation_choose')
  add(input, [option('', first)])
  if (name === 'class_id') add(input, choices.classes.map((one) => option(one.class_id, placeOf(one))))
  if (name === 'home_district') add(input, choices.districts.map((one) => option(one, one)))
  if (name === 'relation') add(input, RELATIONS.map((one) => option(one, word(one))))
  input.value = value
  const isRequired = !isCorrection && SELECTS[name] !== ''
  return assemble(name, id, input, isRequired, (given) => (isRequired && given === '' ? SELECTS[name]! : ''))
}

function option(value: string, label: string): HTMLElement {
  return h('option', { value }, label)
}

function assemble(
  name: string,
  id: string,
  input: HTMLInputElement | HTMLSelectElement,
  isRequired: boolean,
  check: Check,
  note?: (text: string) => string,
): Field {
  const place = h('p', { id: `${id}n`, class: 'note', 'aria-live': 'polite' })
  const label = h('label', { for: id }, word(name), h('span', { class: 'muted' }, t(isRequired ? 'required' : 'optional')))
  const element = h('div', { class: 'field' }, label, input, place)
  let wasLeft = false

  const show = (said: string): boolean => {
    const wrong = said !== '' ? said : word(check(input.value))
    empty(place)
    const good = wrong === '' && note && input.value.trim() !== '' ? note(input.value) : ''
    add(place, [wrong || good || null])
    place.className = wrong === '' ? 'note good' : 'note bad'
    input.setAttribute('aria-invalid', wrong === '' ? 'false' : 'true')
    return wrong === ''
  }
  input.addEventListener('blur', () => {
    wasLeft = wasLeft || input.value !== ''
    if (wasLeft) show('')
  })
  // While typing, a fault that was shown goes as soon as it is mended, and a whole ID number is judged at once.
  input.addEventListener('input', () => {
    const isWhole = name === 'id_number' && cleanId(input.value).length >= 18
    if (wasLeft || isWhole || input.getAttribute('aria-invalid') === 'true') show('')
  })
  return { name, element, input, value: () => input.value.trim(), check: (said = '') => show(said) }
}
