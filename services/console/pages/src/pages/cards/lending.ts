/** A question about lending as it is typed, and as the service is asked. */
import type { components } from '@/api/types/cards'
import type { Card } from './card'

export type Answer = components['schemas']['LendingAnswer']

/** Something the reader has at home. `since`: the day it was lent, or renewed last. */
export interface LoanRow {
  key: number
  item: string
  foreign: boolean
  since: string
  renewals: number
  reserved: boolean
  chosen: boolean
}

/** Something the reader would borrow. */
export interface ItemRow {
  key: number
  item: string
  foreign: boolean
  material: string
}

type Terms = Pick<Card['privileges'], 'loan_days' | 'renewal_days'>
type Row = Pick<LoanRow, 'since' | 'renewals'>

/** The day until which it is lent, `2026-10-01`; "" while its day is not known. A renewal counts from its own day. */
export function dueOn(row: Row, terms: Terms): string {
  const since = Date.parse(`${row.since}T00:00:00Z`)
  if (Number.isNaN(since)) return ''
  const days = row.renewals > 0 ? terms.renewal_days : terms.loan_days
  return new Date(since + days * 86_400_000).toISOString().slice(0, 10)
}

/** Rows that nothing was typed into are none. */
export function filled<R extends { item: string }>(rows: readonly R[]): R[] {
  return rows.filter((row) => row.item.trim() !== '')
}

/** What is at home as the service wants it; null while a day is missing. */
export function loansOf(rows: readonly LoanRow[], terms: Terms): components['schemas']['Loan'][] | null {
  const loans = filled(rows).map((row) => ({
    item_id: row.item.trim(),
    due_on: dueOn(row, terms),
    foreign: row.foreign,
    renewals: row.renewals,
    reserved: row.reserved,
  }))
  return loans.every((loan) => loan.due_on !== '') ? loans : null
}
