import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import zh from '@/i18n/zh-CN'
import LogVerdict from './LogVerdict.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })

afterEach(() => vi.unstubAllGlobals())

describe('LogVerdict', () => {
  it('does not give one school’s answer for another’s, however late it comes', async () => {
    const waiting: ((answer: Response) => void)[] = []
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => waiting.push(resolve)))
    const wrapper = mount(LogVerdict, { props: { schoolId: 'a' }, global: { plugins: [i18n] } })
    const answer = async (at: number, intact: boolean) => {
      waiting[at]!(Response.json({ intact, entries: 7 }))
      await flushPromises()
    }
    await wrapper.find('button').trigger('click')
    await wrapper.setProps({ schoolId: 'b' })
    await wrapper.find('button').trigger('click')
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    await answer(1, false)
    expect(wrapper.find('[data-test=log-broken]').exists()).toBe(true)
    await answer(0, true)
    expect(wrapper.find('[data-test=log-broken]').exists()).toBe(true)
    expect(wrapper.find('[data-test=log-intact]').exists()).toBe(false)
  })
})
