/**
 * What could not be sent stays on the phone and is sent when the network is back, under the same key: the service
 * keeps it once. It is forgotten as soon as it has been taken, or when the guardian throws it away.
 */
import type { SubmissionBody } from './types'

export interface Unsent {
  key: string
  body: SubmissionBody
}

export interface KeptReceipt {
  receipt: string
  name: string
  at: string
}

const UNSENT = 'schoolcard.g.unsent.'
const RECEIPTS = 'schoolcard.g.receipts'
const MOST_RECEIPTS = 10

export function keepUnsent(token: string, unsent: Unsent): void {
  write(UNSENT + token, unsent)
}

export function findUnsent(token: string): Unsent | null {
  return read<Unsent>(UNSENT + token)
}

export function dropUnsent(token: string): void {
  remove(UNSENT + token)
}

/** The way back to what was sent; the name is masked. */
export function keepReceipt(kept: KeptReceipt): void {
  const others = findReceipts().filter((one) => one.receipt !== kept.receipt)
  write(RECEIPTS, [kept].concat(others).slice(0, MOST_RECEIPTS))
}

export function findReceipts(): KeptReceipt[] {
  return read<KeptReceipt[]>(RECEIPTS) || []
}

export function dropReceipt(receipt: string): void {
  write(RECEIPTS, findReceipts().filter((one) => one.receipt !== receipt))
}

// Private windows and full phones refuse storage: then nothing is kept, and sending works as long as the page is open.
let memory: Record<string, string> = {}

function write(name: string, value: unknown): void {
  const text = JSON.stringify(value)
  memory[name] = text
  try {
    localStorage.setItem(name, text)
  } catch {
    memory[name] = text
  }
}

function read<T>(name: string): T | null {
  let text: string | null = null
  try {
    text = localStorage.getItem(name)
  } catch {
    text = null
  }
  if (text === null) text = memory[name] === undefined ? null : memory[name]
  try {
    return text === null ? null : (JSON.parse(text) as T)
  } catch {
    return null
  }
}

function remove(name: string): void {
  memory = { ...memory }
  delete memory[name]
  try {
    localStorage.removeItem(name)
  } catch {
    // Nothing was kept there either.
  }
}
