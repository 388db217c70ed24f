import { describe, expect, it } from 'vitest'
import { noConnection } from '@/api/problem'
import { useSubmit } from './useSubmit'

function later<T>() {
  let answer!: (value: T) => void
  let refuse!: (error: unknown) => void
  const promise = new Promise<T>((resolve, reject) => {
    answer = resolve
    refuse = reject
  })
  return { promise, answer, refuse }
}

describe('useSubmit', () => {
  it('keeps an answer from what is sent after it was left', async () => {
    const { busy, submit, clear } = useSubmit()
    const [first, second] = [later<string>(), later<string>()]
    const left = submit('a', () => first.promise)
    clear()
    expect(busy.value).toBe(false)
    const next = submit('b', () => second.promise)
    first.answer('a')
    expect(await left).toBeUndefined()
    expect(busy.value).toBe(true)
    second.answer('b')
    expect(await next).toBe('b')
    expect(busy.value).toBe(false)
  })

  it('keeps a refusal from what is shown after it was left', async () => {
    const { problem, submit, clear } = useSubmit()
    const first = later<string>()
    const left = submit('a', () => first.promise)
    clear()
    first.refuse(noConnection())
    expect(await left).toBeUndefined()
    expect(problem.value).toBeNull()
  })

  it('keeps the key of an intention until it is done', async () => {
    const { submit } = useSubmit()
    const keys: string[] = []
    const refused = (key: string) => (keys.push(key), Promise.reject(noConnection()))
    await submit('a', refused)
    await submit('a', refused)
    await submit('b', refused)
    expect(new Set(keys).size).toBe(2)
    expect(keys[0]).toBe(keys[1])
  })
})
