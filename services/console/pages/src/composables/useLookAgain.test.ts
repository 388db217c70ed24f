import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, shallowRef } from 'vue'
import { useLookAgain } from './useLookAgain'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('useLookAgain', () => {
  it('looks on after a look that has brought nothing, and stops when nothing moves', async () => {
    const items = shallowRef<readonly string[]>([])
    const answers: (readonly string[] | null)[] = [null, null, ['running'], ['completed']]
    const look = vi.fn(async () => {
      const answer = answers.shift()
      if (answer) items.value = answer
    })
    const scope = effectScope()
    scope.run(() => useLookAgain(items, look, { isMoving: (item) => item === 'running', wait: 100 }))
    items.value = ['running']
    await vi.advanceTimersByTimeAsync(10_000)
    expect(look).toHaveBeenCalledTimes(4)
    items.value = ['running']
    await vi.advanceTimersByTimeAsync(0)
    scope.stop()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(look).toHaveBeenCalledTimes(4)
  })

  it('gives up in the end', async () => {
    const items = shallowRef(['running'])
    const look = vi.fn(async () => void (items.value = ['running']))
    const scope = effectScope()
    scope.run(() => useLookAgain(items, look, { isMoving: () => true, wait: 100, most: 3 }))
    items.value = ['running']
    await vi.advanceTimersByTimeAsync(10_000)
    expect(look).toHaveBeenCalledTimes(3)
    scope.stop()
  })
})
