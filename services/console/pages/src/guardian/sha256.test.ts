import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSolved, solve } from './proofOfWork'
import { sha256 } from './sha256'

function hex(text: string): string {
  return Array.from(sha256(text), (word) => word.toString(16).padStart(8, '0')).join('')
}

describe('sha256', () => {
  it.each([0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 200])('digests %i characters', (length) => {
    const text = 'schoolcard:'.repeat(20).slice(0, length)
    expect(hex(text)).toBe(createHash('sha256').update(text).digest('hex'))
  })
})

describe('proof of work', () => {
  it('is found and is one', async () => {
    const nonce = await solve('1800000300.abc.def', 8)
    expect(isSolved(sha256(`1800000300.abc.def:${nonce}`), 8)).toBe(true)
    expect(createHash('sha256').update(`1800000300.abc.def:${nonce}`).digest()[0]).toBe(0)
  })
  it('counts bits from the front', () => {
    expect(isSolved(new Uint32Array([0x0000ffff]), 16)).toBe(true)
    expect(isSolved(new Uint32Array([0x0000ffff]), 17)).toBe(false)
    expect(isSolved(new Uint32Array([0x80000000]), 1)).toBe(false)
  })
})
