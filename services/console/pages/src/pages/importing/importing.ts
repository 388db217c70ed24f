/** Imports as the pages know them. */
import type { components } from '@/api/types/readers'

export type Import = components['schemas']['Import']
export type ImportRow = components['schemas']['ImportRow']
export type Outcome = ImportRow['outcome']

export const OUTCOMES = ['new', 'changed', 'unchanged', 'rejected'] as const satisfies readonly Outcome[]

/** What the services take; they say so themselves (413), this only spares the upload. */
export const LARGEST_FILE = 15 * 1024 * 1024

export function fileSize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
