/** Schools as the pages know them. */
import type { components } from '@/api/types/identity'

export type School = components['schemas']['School']
export type Stage = School['stage']

export const STAGES = [
  'kindergarten',
  'primary',
  'junior',
  'senior',
  'nine_year',
  'secondary',
  'twelve_year',
  'vocational',
  'special',
] as const satisfies readonly Stage[]
