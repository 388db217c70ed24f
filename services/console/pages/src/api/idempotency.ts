/** Keys that make a repeated POST do nothing twice: a double click, a retry after a lost answer. */

/** A random UUID. `crypto.randomUUID` is missing in pages without https, which schools' own networks have. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/**
 * The key of one intention: the same while the same thing is sent, a new one once the user has changed something
 * or the intention has been carried out.
 */
export class Intention {
  private key = randomKey()
  private sent: string | null = null

  keyFor(body: unknown): string {
    const text = JSON.stringify(body ?? null)
    if (this.sent !== null && this.sent !== text) this.key = randomKey()
    this.sent = text
    return this.key
  }

  done(): void {
    this.key = randomKey()
    this.sent = null
  }
}
