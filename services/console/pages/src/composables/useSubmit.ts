/**
 * Sending something once: busy while it is under way, the problem when it was refused, one key for one intention.
 *
 * `clear` begins anew: an answer that is still under way belongs to what has been left and is told to nobody.
 */
import { readonly, ref, shallowRef } from 'vue'
import { Intention } from '@/api/idempotency'
import { problemOf, type Problem } from '@/api/problem'

export function useSubmit() {
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const intention = new Intention()
  let beginning = 0

  /** Undefined when refused, left by `clear`, or under way already. What is no answer of a service is thrown. */
  async function submit<T>(body: unknown, send: (key: string) => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    const begun = beginning
    busy.value = true
    problem.value = null
    try {
      const answer = await send(intention.keyFor(body))
      if (begun !== beginning) return undefined
      intention.done()
      return answer
    } catch (error) {
      const said = problemOf(error)
      if (said === null) throw error
      if (begun === beginning) problem.value = said
      return undefined
    } finally {
      if (begun === beginning) busy.value = false
    }
  }

  function clear(): void {
    beginning += 1
    busy.value = false
    problem.value = null
    intention.done()
  }

  return { busy: readonly(busy), problem, submit, clear }
}
