import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import { createMemoryHistory, createRouter } from 'vue-router'
import zh from '@/i18n/zh-CN'
import ConsentsPage from './ConsentsPage.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })
const reader = (id: string, name: string) => ({ id, name, consent: 'none', status: 'pending', id_number: '', guardian_name: '' })

/** Requests for readers that wait for the test to answer them, by class and page. */
const waiting = new Map<string, (answer: Response) => void>()
let wrapper: VueWrapper

/** Page `page` of a class; `total` are all its readers, where the page is not all there is. */
async function answered(classId: string, names: string[] | null, page = 1, total = names?.length): Promise<void> {
  const asked = `${classId} ${page}`
  const answer = await vi.waitFor(() => {
    const found = waiting.get(asked)
    if (!found) throw new Error(`nobody waits for ${asked}`)
    return found
  })
  waiting.delete(asked)
  const items = (names ?? []).map((name) => reader(`${classId}-${name}`, name))
  answer(Response.json(names === null ? { code: 'unavailable' } : { items, total }, { status: names === null ? 503 : 200 }))
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
    const { class_id, page = '1' } = Object.fromEntries(url.searchParams)
    return new Promise<Response>((resolve) => waiting.set(`${class_id} ${page}`, resolve))
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

  it('lists everybody of a class that is more than one answer, and says how many they are', async () => {
    const names = Array.from({ length: 210 }, (_, at) => `赵${at}`)
    chooseClass('two')
    await answered('two', names.slice(0, 200), 1, 210)
    expect(boxes()).toHaveLength(0)
    await answered('two', names.slice(200), 2, 210)
    expect(boxes()).toHaveLength(210)
    expect(wrapper.find('[data-test=count]').text()).toBe('共 210 人，已勾选 0 人')
    await wrapper.find('thead input[type=checkbox]').setValue(true)
    expect(wrapper.find('[data-test=count]').text()).toBe('共 210 人，已勾选 210 人')
    expect(wrapper.find('[data-test=attest]').text()).toContain('210')
  })

  it('has nobody twice, nor half a class, when the list moves or breaks off between two answers', async () => {
    const names = Array.from({ length: 210 }, (_, at) => `赵${at}`)
    chooseClass('two')
    await answered('two', names.slice(0, 200), 1, 210)
    // Somebody has come in at the head: the last one of the first answer is the first one of the second.
    await answered('two', names.slice(199), 2, 211)
    // So one is not known yet, and all are asked for again.
    await answered('two', ['新来', ...names.slice(0, 199)], 1, 211)
    await answered('two', names.slice(199), 2, 211)
    expect(boxes()).toHaveLength(211)
    chooseClass('three')
    await answered('three', names.slice(0, 200), 1, 210)
    await answered('three', null, 2)
    expect(boxes()).toHaveLength(0)
    expect(wrapper.find('[data-test=count]').exists()).toBe(false)
  })
})
