/**
 * The schools a district or the city sees; the city has thousands. Their names are asked for by id where they are shown,
 * and by a part of them where one is looked for; what has come is kept while the window is open.
 */
import { shallowReactive, watch } from 'vue'
import { identity, unwrap } from '@/api/client'
import { isSchool } from './me'

/** Ids that fit in one address. */
const AT_ONCE = 100
const SHOWN = 50

const names = shallowReactive(new Map<string, string>())

/** Id → name, filled when it has come. `ids`: those that are shown. */
export function useSchoolNames(ids: () => Iterable<string | null | undefined>): ReadonlyMap<string, string> {
  watch(
    () => [...ids()],
    (wanted) => void nameSchools(wanted),
    { immediate: true },
  )
  return names
}

/** Until all of these have come into the map. Throws ApiProblem. */
export async function nameSchools(ids: Iterable<string | null | undefined>): Promise<void> {
  if (isSchool.value) return
  const missing = [...new Set(ids)].filter((id): id is string => !!id && !names.has(id))
  const parts = Array.from({ length: Math.ceil(missing.length / AT_ONCE) }, (_, at) => missing.slice(at * AT_ONCE, (at + 1) * AT_ONCE))
  await Promise.all(
    parts.map(async (id) => {
      const { items } = await unwrap(identity.GET('/api/identity/schools', { params: { query: { id, page_size: AT_ONCE } } }))
      for (const school of items) names.set(school.id, school.name)
    }),
  )
}

/** The first ones with this in their names (of `district` alone, unless ""), and how many there are. Throws ApiProblem. */
export async function findSchools(part: string, district = ''): Promise<{ ids: string[]; total: number }> {
  const query = { page_size: SHOWN, ...(part && { q: part }), ...(district && { district }) }
  const { items, total } = await unwrap(identity.GET('/api/identity/schools', { params: { query } }))
  for (const school of items) names.set(school.id, school.name)
  return { ids: items.map((school) => school.id), total }
}
