/** Requests of somebody without an account; a weak network is the rule. Status 0: nobody answered. */
import { solve } from './proofOfWork'

export interface FieldFault {
  field?: string
  code: string
  detail: string
}

export interface Answer<T> {
  status: number
  body: T | null
  code: string
  detail: string
  faults: FieldFault[]
}

const BASE = '/api/readers/registration'
const TIMEOUT = 20_000

export function get<T>(path: string): Promise<Answer<T>> {
  return ask<T>('GET', `${BASE}/${path}`, null, {})
}

/** `key` makes what is sent again be the same; a proof of work is given when it is asked for. */
export async function send<T>(method: 'POST' | 'PATCH', path: string, body: unknown, key?: string): Promise<Answer<T>> {
  const headers: Record<string, string> = key === undefined ? {} : { 'Idempotency-Key': key }
  const answer = await ask<T>(method, `${BASE}/${path}`, body, headers)
  if (answer.code !== 'proof_needed') return answer
  const asked = await ask<{ challenge: string; bits: number }>('GET', `${BASE}-challenge`, null, {})
  if (asked.body === null) return answer
  const nonce = await solve(asked.body.challenge, asked.body.bits)
  return ask<T>(method, `${BASE}/${path}`, body, { ...headers, 'Proof-Of-Work': `${asked.body.challenge}:${nonce}` })
}

function ask<T>(method: string, url: string, body: unknown, headers: Record<string, string>): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    const finish = (): void => resolve(read<T>(request))
    request.open(method, url)
    request.timeout = TIMEOUT
    request.onload = finish
    request.onerror = finish
    request.ontimeout = finish
    for (const name of Object.keys(headers)) request.setRequestHeader(name, headers[name]!)
    if (body !== null) request.setRequestHeader('Content-Type', 'application/json')
    request.send(body === null ? null : JSON.stringify(body))
  })
}

function read<T>(request: XMLHttpRequest): Answer<T> {
  let found: unknown = null
  try {
    found = JSON.parse(request.responseText)
  } catch {
    // A proxy's page, or nothing: the status says enough.
  }
  const isGood = request.status >= 200 && request.status < 300
  const said = (typeof found === 'object' && found !== null ? found : {}) as Record<string, unknown>
  return {
    status: request.status,
    body: isGood ? (found as T) : null,
    code: isGood || typeof said.code !== 'string' ? '' : said.code,
    detail: isGood || typeof said.detail !== 'string' ? '' : said.detail,
    faults: !isGood && Array.isArray(said.errors) ? (said.errors as FieldFault[]) : [],
  }
}

/** A random UUID (RFC 9562, version 4). */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => `0${byte.toString(16)}`.slice(-2)).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
