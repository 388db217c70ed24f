/** What guardians send, as the pages know it. */
import type { components } from '@/api/types/readers'

export type Registration = components['schemas']['Registration']
export type RegistrationDetail = components['schemas']['RegistrationDetail']
export type RegistrationNumbers = components['schemas']['RegistrationNumbers']
export type Left = components['schemas']['Left']
export type FieldPair = components['schemas']['FieldPair']
export type TakenField = NonNullable<components['schemas']['Merge']['take']>[number]
export type Link = components['schemas']['Link']

export const STATUSES = ['submitted', 'merged', 'rejected', 'withdrawn'] as const satisfies readonly Registration['status'][]
