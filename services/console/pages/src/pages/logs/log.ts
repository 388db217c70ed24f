/** The log's kinds of things and what happens to them; names as in the events. */
import type { components } from '@/api/types/audit'

export type LogEntry = components['schemas']['LogEntry']

export const FACTS = {
  reader: ['created', 'changed', 'deleted', 'approved', 'returned', 'revealed', 'exported'],
  card: [
    'issued',
    'refused',
    'made_physical',
    'printed',
    'handed_out',
    'lost',
    'found',
    'replaced',
    'suspended',
    'resumed',
    'closed',
    'looked_up',
    'not_found',
    'credential_added',
    'former_exchanged',
    'privileges_changed',
    'refund_opened',
    'refund_checked',
    'refund_paid_out',
    'exported',
  ],
  batch: ['opened', 'confirmed', 'cancelled', 'completed', 'undone', 'item_failed', 'item_skipped', 'item_unchanged'],
  consent: ['recorded', 'withdrawn'],
  registration: ['opened', 'submitted', 'corrected', 'revealed', 'merged', 'rejected', 'withdrawn', 'revoked'],
  consent_text: ['published'],
  consent_setting: ['changed'],
  grade: ['created', 'changed', 'deleted'],
  class: ['created', 'changed', 'deleted'],
  user: ['created', 'changed', 'disabled', 'enabled', 'password_changed', 'logged_in', 'login_failed'],
  school: ['opened', 'changed'],
  session: ['revoked'],
  district: ['opened'],
} as const

export const ENTITIES = Object.keys(FACTS) as (keyof typeof FACTS)[]

export type LogSearch = {
  batch_no: string
  operator: string
  entity: string
  fact: string
  reader: string
  school_id: string
  from: string
  to: string
}

export function emptyLogSearch(): LogSearch {
  return { batch_no: '', operator: '', entity: '', fact: '', reader: '', school_id: '', from: '', to: '' }
}

/** Services act by themselves, under their own names; people read that as "the system". */
const SYSTEM = ['identity', 'params', 'readers', 'cards', 'batches', 'audit']

export function isSystem(operator: string): boolean {
  return SYSTEM.includes(operator)
}

/** The sentence without the batch's number, which stands beside it. */
export function sentenceOf({ summary, batch_no }: LogEntry): string {
  return batch_no === null ? summary : summary.replace(new RegExp(`\\s*[\uff08(][^\uff08(]*${batch_no}[\uff09)]`), '')
}
