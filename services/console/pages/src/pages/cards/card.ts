/** Cards as the pages know them, and which steps one may be asked to take; the service has the last word. */
import type { components } from '@/api/types/cards'

export type Card = components['schemas']['Card']
export type Step = components['schemas']['StepMany']['step']
export type ReasonCode = NonNullable<components['schemas']['StepMany']['reason_code']>
export type Refund = components['schemas']['Refund']
export type CardFilter = components['schemas']['CardFilter']

export const STATUSES = ['active', 'suspended', 'closed', 'replaced'] as const satisfies readonly Card['status'][]
export const KINDS = ['online', 'physical'] as const satisfies readonly Card['kind'][]
export const PHYSICAL = ['wanted', 'printed', 'handed_out', 'lost'] as const satisfies readonly NonNullable<Card['physical']>[]

/** In the order in which a card lives through them. */
export const STEPS = [
  'make_physical',
  'print',
  'hand_out',
  'report_lost',
  'report_found',
  'replace',
  'suspend',
  'resume',
  'close',
] as const satisfies readonly Step[]

/** What a step's reason may be; a step that is not here needs none. */
export const REASONS: Partial<Record<Step, readonly ReasonCode[]>> = {
  replace: ['lost', 'damaged', 'other'],
  suspend: ['uncivil', 'overdue', 'other'],
  close: ['left_school', 'consent_withdrawn', 'duplicate', 'other'],
}

/** Steps that may cost the library's fee. */
export const COSTLY: readonly Step[] = ['make_physical', 'replace']

type Status = Card['status']
type Physical = Card['physical']

const LIVING: readonly Status[] = ['active', 'suspended']
const ANY: readonly Physical[] = [null, ...PHYSICAL]

/** From which status and which state of the physical card each step starts: the service's own table. */
const STARTS: Record<Step, readonly [readonly Status[], readonly Physical[]]> = {
  make_physical: [['active'], [null]],
  print: [['active'], ['wanted']],
  hand_out: [['active'], ['printed']],
  report_lost: [LIVING, ['printed', 'handed_out']],
  report_found: [LIVING, ['lost']],
  replace: [LIVING, ANY],
  suspend: [LIVING, ANY],
  resume: [['suspended'], ANY],
  close: [LIVING, ANY],
}

export function mayStep(card: Card, step: Step): boolean {
  // What no guardian wants no clerk may resume: a new consent does it.
  if (step === 'resume' && card.consent_withdrawn) return false
  // A card that consent alone holds can be held by the library too; once is enough.
  if (step === 'suspend' && card.suspended_by_library) return false
  const [statuses, physicals] = STARTS[step]
  return statuses.includes(card.status) && physicals.includes(card.physical)
}

/** Who took the card, of those a library hands one to. */
export const TAKERS = ['reader', 'guardian', 'teacher'] as const

export type CardSearch = {
  card_no: string
  school_id: string
  grade_id: string
  class_id: string
  status: string
  kind: string
  physical: string
}

export function emptySearch(): CardSearch {
  return { card_no: '', school_id: '', grade_id: '', class_id: '', status: '', kind: '', physical: '' }
}

export function filterOf(search: CardSearch): CardFilter {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== '')) as CardFilter
}

/** `12.50`, of hundredths. */
export function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}

/** Hundredths of what was typed; null for what is no amount. */
export function fen(text: string): number | null {
  return /^\d{1,6}(\.\d{1,2})?$/.test(text.trim()) ? Math.round(Number(text) * 100) : null
}

/** A social security card's nine letters and digits as the service keeps them; null for what is none. */
export function socialSecurity(text: string): string | null {
  const cleaned = text.normalize('NFKC').replace(/\s/g, '').toUpperCase()
  return /^[A-Z0-9]{9}$/.test(cleaned) ? cleaned : null
}
