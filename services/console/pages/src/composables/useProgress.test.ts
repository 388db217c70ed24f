import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { useProgress } from './useProgress'

/** A stream that is open and says what the test says. */
class Stream extends EventTarget {
  static last: Stream
  closed = false

  constructor() {
    super()
    Stream.last = this
  }

  close(): void {
    this.closed = true
  }

  tell(succeeded: number, status = 'running'): void {
    this.dispatchEvent(new MessageEvent('progress', { data: JSON.stringify(batch(succeeded, status)) }))
  }
}

let answer: () => Response
let asked = 0

function batch(succeeded: number, status = 'running') {
  return { batch_no: 'B1', status, succeeded, total: 10 }
}

function follow(options = {}) {
  const scope = effectScope()
  const followed = scope.run(() => useProgress(ref('B1'), options))!
  return { ...followed, stop: () => scope.stop() }
}

beforeEach(() => {
  vi.useFakeTimers()
  asked = 0
  answer = () => Response.json(batch(3))
  vi.stubGlobal('EventSource', Stream)
  vi.stubGlobal('fetch', async () => {
    asked += 1
    return answer()
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('useProgress', () => {
  it('asks when an open stream says nothing', async () => {
    const { batch: shown, stop } = follow()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(shown.value?.succeeded).toBe(3)
    Stream.last.tell(4)
    await vi.advanceTimersByTimeAsync(4_900)
    expect([shown.value?.succeeded, asked]).toEqual([4, 1])
    answer = () => Response.json(batch(10, 'completed'))
    await vi.advanceTimersByTimeAsync(100)
    expect(shown.value?.status).toBe('completed')
    expect(Stream.last.closed).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(2)
    stop()
  })

  it('takes an event for newer than the answer it overtook', async () => {
    let send = (_response: Response): void => undefined
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (send = resolve)))
    const { batch: shown, stop } = follow()
    await vi.advanceTimersByTimeAsync(5_000)
    Stream.last.tell(6)
    send(Response.json(batch(3)))
    await vi.advanceTimersByTimeAsync(1)
    expect(shown.value?.succeeded).toBe(6)
    stop()
  })

  it('waits for a batch that is known within moments', async () => {
    answer = () => new Response('{"code":"not_found"}', { status: 404 })
    const { batch: shown, problem, stop } = follow({ isAwaited: true })
    Stream.last.dispatchEvent(new Event('error'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect([shown.value, problem.value]).toEqual([null, null])
    answer = () => Response.json(batch(0, 'draft'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(shown.value?.status).toBe('draft')
    stop()
  })

  it('says that a batch does not exist, and asks no more', async () => {
    answer = () => new Response('{"code":"not_found"}', { status: 404 })
    const { problem, stop } = follow()
    Stream.last.dispatchEvent(new Event('error'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect([problem.value?.status, asked]).toEqual([404, 1])
    stop()
  })
})
