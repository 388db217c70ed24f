/** What is typed about a reader, what is wrong with it, and what of it is sent. */
import { ageOn, birthDate, cleanId, faultOf } from '@/rules/residentId'
import { cleanName, isName } from '@/rules/personName'
import { cleanPhone, isPhone } from '@/rules/phone'
import type { components } from '@/api/types/readers'
import type { Reader, Revealed } from './reader'

type Create = components['schemas']['ReaderCreate']
type Change = components['schemas']['ReaderChange']

export interface ReaderForm {
  grade_id: string
  class_id: string
  id_number: string
  name: string
  phone: string
  guardian_name: string
  guardian_phone: string
  home_district: string
  card_no: string
}

export type Field = keyof ReaderForm
/** A message's key and what it names; null: nothing wrong. */
export type Fault = { key: string; named?: Record<string, string | number> } | null

/** Fields that stay masked until they are asked for; left blank, they stay as they are. */
export const MASKED = ['id_number', 'phone', 'guardian_phone'] as const

export function emptyForm(): ReaderForm {
  const blank = { grade_id: '', class_id: '', id_number: '', name: '', phone: '' }
  return { ...blank, guardian_name: '', guardian_phone: '', home_district: '', card_no: '' }
}

export function formOf(reader: Reader, full: Revealed | null): ReaderForm {
  return {
    grade_id: reader.grade_id ?? '',
    class_id: reader.class_id ?? '',
    id_number: full?.id_number ?? '',
    name: reader.name,
    phone: full?.phone ?? '',
    guardian_name: reader.guardian_name,
    guardian_phone: full?.guardian_phone ?? '',
    home_district: reader.home_district,
    card_no: reader.wanted_card_no ?? '',
  }
}

export function cleaned(form: ReaderForm): ReaderForm {
  return {
    ...form,
    id_number: cleanId(form.id_number),
    name: cleanName(form.name),
    phone: cleanPhone(form.phone),
    guardian_name: cleanName(form.guardian_name),
    guardian_phone: cleanPhone(form.guardian_phone),
    card_no: form.card_no.normalize('NFKC').replace(/\s/g, ''),
  }
}

/** What is wrong with each field; `isKept` says whether a blank masked field means "as it was". */
export function faultsOf(form: ReaderForm, isKept: boolean, today: Date = new Date()): Record<Field, Fault> {
  const fields = cleaned(form)
  const isBlankKept = (field: Field) => isKept && fields[field] === ''
  return {
    grade_id: isKept || fields.grade_id !== '' ? null : { key: 'readerForm.needGrade' },
    class_id: isKept || fields.class_id !== '' ? null : { key: 'readerForm.needClass' },
    id_number: isBlankKept('id_number') ? null : idFault(fields.id_number, today),
    name: isName(fields.name) ? null : { key: fields.name === '' ? 'readerForm.needName' : 'readerForm.badName' },
    phone: isBlankKept('phone') || isPhone(fields.phone) ? null : { key: fields.phone === '' ? 'readerForm.needPhone' : 'readerForm.badPhone' },
    guardian_name: fields.guardian_name === '' || isName(fields.guardian_name) ? null : { key: 'readerForm.badName' },
    guardian_phone: fields.guardian_phone === '' || isPhone(fields.guardian_phone) ? null : { key: 'readerForm.badPhone' },
    home_district: fields.home_district === '' ? { key: 'readerForm.needDistrict' } : null,
    card_no: fields.card_no === '' || /^\d{15}$/.test(fields.card_no) ? null : { key: 'readerForm.badCardNo' },
  }
}

function idFault(number: string, today: Date): Fault {
  const fault = faultOf(number, today)
  return fault === null ? null : { key: `readerForm.${fault}`, named: { length: number.length } }
}

/** The birth date and age in what is typed so far; null until there is one. */
export function bornOf(form: ReaderForm, today: Date = new Date()): { born: string; age: number } | null {
  const born = birthDate(cleanId(form.id_number))
  return born === null || ageOn(born, today) < 0 ? null : { born, age: ageOn(born, today) }
}

export function createOf(form: ReaderForm): Create {
  const { grade_id: _, class_id, card_no, ...fields } = cleaned(form)
  return { ...fields, class_id: class_id || null, card_no: card_no || null }
}

/** Only what differs; masked fields that were never shown and stay blank are not touched. */
export function changeOf(form: ReaderForm, reader: Reader, full: Revealed | null): Change {
  const now = cleaned(form)
  const before = formOf(reader, full)
  const change: Record<string, string | null> = {}
  for (const field of Object.keys(now) as Field[]) {
    const isUnseen = full === null && (MASKED as readonly string[]).includes(field) && now[field] === ''
    if (field === 'grade_id' || isUnseen || now[field] === before[field]) continue
    change[field] = (field === 'class_id' || field === 'card_no') && now[field] === '' ? null : now[field]
  }
  return change as Change
}
