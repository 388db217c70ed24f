/** What a district's cards allow, as the pages edit it. */
import type { components } from '@/api/types/cards'

export type Terms = components['schemas']['Terms']
export type Privileges = components['schemas']['Privileges']

/** Each number and its bounds; the service has the last word. */
export const NUMBERS = {
  items: [0, 100],
  foreign_items: [0, 100],
  loan_days: [1, 366],
  renewals: [0, 10],
  renewal_days: [1, 366],
} as const

export type NumberName = keyof typeof NUMBERS
export const NUMBER_NAMES = Object.keys(NUMBERS) as NumberName[]

export const ROOMS = ['children', 'adults'] as const

/** Kinds of material have names of the library's own; the rules' own kind has a code. */
export const OPEN_SHELF = 'open_shelf'

/** One name a line; blank lines and repetitions are none. */
export function namesIn(text: string): string[] {
  const names = text.split(/\r?\n/).map((line) => line.trim())
  return [...new Set(names.filter((name) => name !== ''))]
}

/** Whether a change of that day waits for its day. */
export function isComing(terms: Terms, today: string): boolean {
  return terms.effective_on !== null && terms.effective_on !== undefined && terms.effective_on > today
}
