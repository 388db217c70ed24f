/** What the service answers and takes. */
import type { components } from '@/api/types/readers'

export type Form = components['schemas']['RegistrationForm']
export type Receipt = components['schemas']['Receipt']
export type SubmissionBody = components['schemas']['Submission']
export type ClassChoice = components['schemas']['ClassChoice']
