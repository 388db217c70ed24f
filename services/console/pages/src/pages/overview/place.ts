/** A school or a district in a table of progress. */
import { identity, unwrap } from '@/api/client'
import type { ByStatus } from '@/state/counts'

export interface Place {
  key: string
  name: string
  to: object
  counts: ByStatus
  stage: string
  /** A school's users, a district's schools. */
  users: number
}

/** Schools by district. */
export async function countSchools(): Promise<Map<string, number>> {
  const counts = await unwrap(identity.GET('/api/identity/schools/counts'))
  return new Map(counts.map(({ district, schools }) => [district, schools]))
}
