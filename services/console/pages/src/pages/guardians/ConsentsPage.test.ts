import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import { createMemoryHistory, createRouter } from 'vue-router'
import zh from '@/i18n/zh-CN'
import ConsentsPage from './ConsentsPage.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })
const reader = (id: string, name: string) => ({ id, name, consent: 'none', status: 'pending', id_number: '', guardian_name: '' })

/** Requests for readers that wait for the test to answer them, by class. */
const waiting = new Map<string, (answer: Response) => void>()
let wrapper: VueWrapper

async function answered(classId: string, names: string[] | null): Promise<void> {
  const answer = await vi.waitFor(() => {
    const found = waiting.get(classId)
    if (!found) throw new Error(`nobody waits for ${classId}`)
    return found
  })
  waiting.delete(classId)
  const items = (names ?? []).map((name) => reader(`${classId}-${name}`, name))
  answer(Response.json(names === null ? { code: 'unavailable' } : { items, total: items.length }, { status: names === null ? 503 : 200 }))
  await flushPromises()
}

const boxes = () => wrapper.findAll('tbody input[type=checkbox]')
const attest = () => wrapper.find('[data-test=attest]').element as HTMLButtonElement
const chooseClass = (id: string) => wrapper.findComponent({ name: 'ElSelect' }).vm.$emit('update:modelValue', id)

beforeEach(async () => {
  waiting.clear()
  vi.stubGlobal('fetch', (request: Request) => {
    const url = new URL(request.url)
    if (url.pathname !== '/api/readers') return Promise.resolve(Response.json({ items: [], total: 0 }))
    return new Promise<Response>((resolve) => waiting.set(url.searchParams.get('class_id') ?? '', resolve))
  })
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:any(.*)*', component: ConsentsPage }] })
  await router.push('/?class_id=one')
  wrapper = mount(ConsentsPage, { global: { plugins: [i18n, router], stubs: { RouterLink: true } }, attachTo: document.body })
  await answered('one', ['张三'])
})
afterEach(() => {
  wrapper.unmount()
  vi.unstubAllGlobals()
})

describe('ConsentsPage', () => {
  it('has nobody of the class before to be ticked while the next one’s readers are on their way', async () => {
    await boxes()[0]!.setValue(true)
    expect(attest().disabled).toBe(false)
    chooseClass('two')
    await flushPromises()
    expect(boxes()).toHaveLength(0)
    expect(attest().disabled).toBe(true)
    await answered('two', ['李四', '王五'])
    expect(boxes()).toHaveLength(2)
    expect(attest().disabled).toBe(true)
  })

  it('shows nobody when the list could not be read, and takes no late answer for another class', async () => {
    chooseClass('two')
    await flushPromises()
    chooseClass('three')
    await flushPromises()
    await answered('two', ['李四'])
    expect(boxes()).toHaveLength(0)
    await answered('three', null)
    expect(boxes()).toHaveLength(0)
    expect(wrapper.text()).toContain(zh.problem.retry)
  })
})
