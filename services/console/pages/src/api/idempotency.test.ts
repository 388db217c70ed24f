import { describe, expect, it } from 'vitest'
import { Intention, randomKey } from './idempotency'

describe('Intention', () => {
  it('keeps its key while the same is sent', () => {
    const intention = new Intention()
    expect(intention.keyFor({ name: 'a' })).toBe(intention.keyFor({ name: 'a' }))
  })

  it('takes a new key when something else is sent', () => {
    const intention = new Intention()
    expect(intention.keyFor({ name: 'a' })).not.toBe(intention.keyFor({ name: 'b' }))
  })

  it('takes a new key once it has been carried out', () => {
    const intention = new Intention()
    const first = intention.keyFor({ name: 'a' })
    intention.done()
    expect(intention.keyFor({ name: 'a' })).not.toBe(first)
  })

  it('makes UUIDs of version 4', () => {
    expect(randomKey()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
