/** The small proof of work that is asked for when very much is sent: a second of a phone's time. */
import { sha256 } from './sha256'

const SLICE = 3000

/** Whether the digest begins with so many zero bits (32 at most). */
export function isSolved(digest: Uint32Array, bits: number): boolean {
  return digest[0]! >>> (32 - bits) === 0
}

/** A number in digits that answers the challenge; works in slices, so that the page stays alive. */
export function solve(challenge: string, bits: number): Promise<string> {
  return new Promise((resolve) => {
    let nonce = 0
    const work = (): void => {
      for (const end = nonce + SLICE; nonce < end; nonce += 1) {
        if (isSolved(sha256(`${challenge}:${nonce}`), bits)) {
          resolve(String(nonce))
          return
        }
      }
      setTimeout(work, 0)
    }
    work()
  })
}
