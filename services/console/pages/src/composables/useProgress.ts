/**
 * A batch followed live. Server-sent events while they come; while they do not (old proxies, a lost connection, an
 * expired token), the batch is asked for every two seconds, and the events are tried again now and then. A proxy that
 * keeps events to itself and a connection that dies unseen say nothing at all: after a silence the batch is asked for
 * too. Whatever was missed is in the next answer: each one is the whole batch.
 */
import { onScopeDispose, readonly, ref, shallowRef, watch, type Ref } from 'vue'
import { batches, unwrap } from '@/api/client'
import { problemOf, type Problem } from '@/api/problem'
import type { components } from '@/api/types/batches'

export type Batch = components['schemas']['Batch']

const POLL = 2_000
const SILENCE = 5_000
const EVENTS_AGAIN = 10_000

export function isFinal(batch: Batch): boolean {
  return batch.status === 'completed' || batch.status === 'cancelled'
}

/** `isAwaited`: another service has just made the batch, the list of batches hears of it within moments. */
export function useProgress(batchNo: Ref<string | null>, { isAwaited = false } = {}) {
  const batch = shallowRef<Batch | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const live = ref(false)
  let events: EventSource | null = null
  let poll: number | undefined
  let again: number | undefined
  let told = 0

  function take(next: Batch): void {
    // An answer that was under way longer than an event tells less than is known.
    const known = batch.value
    if (known?.batch_no === next.batch_no && isFinal(known) && !isFinal(next)) return
    batch.value = next
    problem.value = null
    if (isFinal(next)) stop()
  }

  function listen(no: string): void {
    window.clearTimeout(again)
    events?.close()
    const source = new EventSource(`/api/batches/${encodeURIComponent(no)}/progress`)
    events = source
    if (poll === undefined) askEach(SILENCE, no)
    source.addEventListener('progress', (event: MessageEvent<string>) => {
      told += 1
      live.value = true
      askEach(SILENCE, no)
      take(JSON.parse(event.data) as Batch)
    })
    source.addEventListener('error', () => {
      if (events !== source) return
      live.value = false
      source.close()
      events = null
      askEach(POLL, no)
      void ask(no)
      again = window.setTimeout(() => listen(no), EVENTS_AGAIN)
    })
  }

  function askEach(wait: number, no: string): void {
    window.clearInterval(poll)
    poll = window.setInterval(() => void ask(no), wait)
  }

  async function ask(no: string): Promise<void> {
    const before = told
    try {
      const found = await unwrap(batches.GET('/api/batches/{batch_no}', { params: { path: { batch_no: no } } }))
      // An event that came meanwhile is newer.
      if (batchNo.value === no && before === told) take(found)
    } catch (error) {
      const said = problemOf(error)
      if (said === null) throw error
      if (batchNo.value !== no || (isAwaited && said.status === 404)) return
      problem.value = said
      if (said.status === 404) stop()
    }
  }

  function stop(): void {
    window.clearInterval(poll)
    poll = undefined
    window.clearTimeout(again)
    events?.close()
    events = null
    live.value = false
  }

  watch(
    batchNo,
    (no) => {
      stop()
      batch.value = null
      problem.value = null
      if (no !== null) listen(no)
    },
    { immediate: true },
  )
  onScopeDispose(stop)

  return { batch, problem, live: readonly(live) }
}
