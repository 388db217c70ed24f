/** One typed client a service. All go through the session; what is refused is thrown as ApiProblem. */
import createClient from 'openapi-fetch'
import { ApiProblem, readProblem } from './problem'
import { sessionFetch } from './session'
import type { paths as AuditPaths } from './types/audit'
import type { paths as BatchesPaths } from './types/batches'
import type { paths as CardsPaths } from './types/cards'
import type { paths as IdentityPaths } from './types/identity'
import type { paths as ParamsPaths } from './types/params'
import type { paths as ReadersPaths } from './types/readers'

const options = { fetch: sessionFetch, credentials: 'same-origin' as const }

export const identity = createClient<IdentityPaths>(options)
export const params = createClient<ParamsPaths>(options)
export const readers = createClient<ReadersPaths>(options)
export const cards = createClient<CardsPaths>(options)
export const batches = createClient<BatchesPaths>(options)
export const audit = createClient<AuditPaths>(options)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** What the service answered. Throws ApiProblem. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (!response.ok) throw new ApiProblem(readProblem(response.status, error, response.headers))
  return data as T
}

/** The header that makes a repeated POST do nothing twice. */
export function onceHeader(key: string): { headers: { 'Idempotency-Key': string } } {
  return { headers: { 'Idempotency-Key': key } }
}

/** The header that refuses a change of what somebody else has changed meanwhile. */
export function ifVersion(version: number): { headers: { 'If-Match': string } } {
  return { headers: { 'If-Match': `"${version}"` } }
}

/** Every item of a numbered list; for lists that fit a school (grades, classes), not for readers. */
export async function allPages<T>(
  load: (page: number, pageSize: number) => Promise<{ items: T[]; total: number }>,
): Promise<T[]> {
  const first = await load(1, 200)
  const items = [...first.items]
  for (let page = 2; items.length < first.total; page += 1) {
    const next = await load(page, 200)
    if (next.items.length === 0) break
    items.push(...next.items)
  }
  return items
}
