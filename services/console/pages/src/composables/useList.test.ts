import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { useList, type Asked } from './useList'

type Search = { status: string; name: string }

/** A page with a list at `/readers`, another at `/other`; `asked` is what the service was asked for. */
async function open(path: string) {
  const asked: Asked<Search>[] = []
  let answer: (found: { items: string[]; total: number }) => void = () => undefined
  let list!: ReturnType<typeof useList<Search, string>>
  const page = defineComponent({
    setup() {
      list = useList<Search, string>(
        (question) => {
          asked.push(question)
          return new Promise((resolve) => (answer = resolve))
        },
        { empty: () => ({ status: '', name: '' }), unkept: ['name'] },
      )
      return () => h('p')
    },
  })
  const routes = [
    { path: '/readers', name: 'readers', component: page },
    { path: '/other', name: 'other', component: { render: () => h('p') } },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  mount(RouterView, { global: { plugins: [router] } })
  return { asked, list, router, answer: (items: string[]) => answer({ items, total: items.length }) }
}

describe('useList', () => {
  it('shows what the address names after the menu and after going back', async () => {
    const { asked, list, router } = await open('/readers?status=pending&page=2')
    expect(asked.map((one) => [one.search.status, one.page])).toEqual([['pending', 2]])
    await router.push('/readers')
    expect([list.form.status, list.applied.value.status, list.page.value]).toEqual(['', '', 1])
    router.back()
    await vi.waitFor(() => expect(list.applied.value.status).toBe('pending'))
    expect(asked.map((one) => one.search.status)).toEqual(['pending', '', 'pending'])
  })

  it('asks once for what was searched by hand, and leaves names out of the address', async () => {
    const { asked, list, router } = await open('/readers')
    Object.assign(list.form, { status: 'carded', name: '王小明' })
    void list.search()
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ status: 'carded' }))
    expect(asked.map((one) => one.search)).toEqual([{ status: '', name: '' }, { status: 'carded', name: '王小明' }])
  })

  it('keeps what was typed when a dialog opens in the address or another page comes', async () => {
    const { asked, list, router } = await open('/readers?status=pending')
    list.form.name = '王'
    await router.replace({ query: { status: 'pending', approval: 'new' } })
    await router.push('/other')
    expect([list.form.name, asked.length]).toEqual(['王', 1])
  })

  it('looks again unseen, and not while something asked for is under way', async () => {
    const { asked, list, answer } = await open('/readers')
    void list.lookAgain()
    expect([asked.length, list.loading.value]).toEqual([1, true])
    answer(['a'])
    await vi.waitFor(() => expect(list.loading.value).toBe(false))
    void list.lookAgain()
    expect([asked.length, list.loading.value]).toEqual([2, false])
    void list.search()
    expect([asked.length, list.loading.value, asked[1]!.signal.aborted]).toEqual([3, true, true])
  })
})
