/** How many readers there are, by status: of a school's grades, of a district's schools, of the city's districts. */
import { readers, unwrap } from '@/api/client'
import type { components } from '@/api/types/readers'
import { STATUSES, type Status } from '@/pages/readers/reader'

export type ByStatus = Record<Status, number>
export type ClassCount = components['schemas']['Count']
export type PlaceCount = components['schemas']['DistrictCount']

export function noReaders(): ByStatus {
  return { pending: 0, approved: 0, carded: 0, returned: 0 }
}

export function sumOf(counts: ByStatus): number {
  return STATUSES.reduce((sum, status) => sum + counts[status], 0)
}

/** Counts by whatever `keyOf` says. */
export function group<Row extends { status: Status; readers: number }>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, ByStatus> {
  const found = new Map<string, ByStatus>()
  for (const row of rows) {
    const key = keyOf(row)
    const counts = found.get(key) ?? noReaders()
    counts[row.status] += row.readers
    found.set(key, counts)
  }
  return found
}

export function addUp(all: Iterable<ByStatus>): ByStatus {
  const sum = noReaders()
  for (const counts of all) for (const status of STATUSES) sum[status] += counts[status]
  return sum
}

/** Of one school, by class and status. */
export function countSchool(schoolId: string | null): Promise<ClassCount[]> {
  return unwrap(readers.GET('/api/readers/counts', { params: { query: schoolId === null ? {} : { school_id: schoolId } } }))
}

/** Of all one sees, by school, or by district alone; `district`: of this one of the city's. */
export function countPlaces(by: 'school' | 'district', district: string | null = null): Promise<PlaceCount[]> {
  return unwrap(readers.GET('/api/readers/overview', { params: { query: { by, ...(district === null ? {} : { district }) } } }))
}
