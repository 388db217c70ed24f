/** Readers as the pages know them, and what may be done with one. */
import type { components } from '@/api/types/readers'

export type Reader = components['schemas']['Reader']
export type Revealed = components['schemas']['Revealed']
export type Status = Reader['status']
export type ReaderFilter = components['schemas']['ReaderFilter']

export const CONSENTS = ['none', 'paper', 'phone', 'withdrawn'] as const satisfies readonly Reader['consent'][]

export const STATUSES = ['pending', 'approved', 'carded', 'returned'] as const satisfies readonly Status[]

/** What a card was issued for. */
export const LOCKED_BY_CARD = ['id_number', 'name', 'card_no'] as const

export function mayApprove(reader: Reader): boolean {
  return reader.status === 'pending'
}

export function mayEdit(reader: Reader): boolean {
  return reader.status !== 'approved'
}

export function mayDelete(reader: Reader): boolean {
  return reader.status === 'pending' || reader.status === 'returned'
}

/** The search area's fields; texts, since they stand in the address. */
export type ReaderSearch = {
  district: string
  school_id: string
  grade_id: string
  class_id: string
  id_number: string
  name: string
  status: string
  consent: string
  card_no: string
}

export function emptySearch(): ReaderSearch {
  return { district: '', school_id: '', grade_id: '', class_id: '', id_number: '', name: '', status: '', consent: '', card_no: '' }
}

/** The search as a service takes it: only what was filled in. */
export function filterOf(search: ReaderSearch): ReaderFilter {
  const filled = Object.entries(search).filter(([, value]) => value !== '')
  return Object.fromEntries(filled) as ReaderFilter
}
