import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { loadMe } from './me'
import { findSchools, nameSchools, useSchoolNames } from './schools'

let asked: URLSearchParams[] = []

beforeEach(async () => {
  vi.stubGlobal('fetch', (request: Request) => {
    const url = new URL(request.url)
    if (url.pathname === '/api/identity/me') return Promise.resolve(Response.json({ id: 'user', scope: 'city' }))
    asked.push(url.searchParams)
    const items = url.searchParams.getAll('id').map((id) => ({ id, name: `学校${id}` }))
    const found = url.searchParams.has('q') ? [{ id: 'found', name: '人和街小学' }] : items
    return Promise.resolve(Response.json({ items: found, total: url.searchParams.has('q') ? 8000 : items.length }))
  })
  await loadMe()
  asked = []
})
afterEach(() => vi.unstubAllGlobals())

describe('the names of schools', () => {
  it('are asked for by those that are shown, once', async () => {
    const shown = ref<(string | null)[]>(['a', 'b', 'a', null])
    const names = useSchoolNames(() => shown.value)
    await flushPromises()
    expect(asked.map((one) => one.getAll('id'))).toEqual([['a', 'b']])
    shown.value = ['b', 'c']
    await flushPromises()
    expect(asked.map((one) => one.getAll('id'))).toEqual([['a', 'b'], ['c']])
    expect([names.get('a'), names.get('c')]).toEqual(['学校a', '学校c'])
  })

  it('are asked for in addresses of bounded length', async () => {
    await nameSchools(Array.from({ length: 250 }, (_, at) => `many-${at}`))
    expect(asked.map((one) => one.getAll('id').length)).toEqual([100, 100, 50])
  })

  it('are found by a part of them', async () => {
    expect(await findSchools('人和')).toEqual({ ids: ['found'], total: 8000 })
    await findSchools('人和', '500106')
    expect(asked.map((one) => one.get('district'))).toEqual([null, '500106'])
    expect(asked[0]!.get('q')).toBe('人和')
    expect(useSchoolNames(() => []).get('found')).toBe('人和街小学')
  })
})
