/**
 * What is typed and not sent yet stays in its tab, so that a reload brings it back: never the signature, and nothing
 * once it is sent, given up, or its link is closed. Where storage is refused, it lasts as long as the page.
 */
import type { SubmissionBody } from './types'

const BEGUN = 'schoolcard.g.begun.'

export function keepBegun(token: string, body: SubmissionBody): void {
  try {
    sessionStorage.setItem(BEGUN + token, JSON.stringify(body, (name, value: unknown) => (name === 'signature' ? undefined : value)))
  } catch {
    // Refused, or full: the page itself has it.
  }
}

export function findBegun(token: string): SubmissionBody | null {
  try {
    return JSON.parse(sessionStorage.getItem(BEGUN + token) || 'null') as SubmissionBody | null
  } catch {
    return null
  }
}

export function dropBegun(token: string): void {
  try {
    sessionStorage.removeItem(BEGUN + token)
  } catch {
    // Nothing was kept there.
  }
}
