import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import zh from '@/i18n/zh-CN'
import SearchArea from './SearchArea.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })

describe('SearchArea', () => {
  it('leaves the keyboard’s focus where it is while it loads', async () => {
    const wrapper = mount(SearchArea, { global: { plugins: [i18n] }, attachTo: document.body })
    const go = wrapper.get<HTMLButtonElement>('button[type=submit]')
    go.element.focus()
    await wrapper.setProps({ loading: true })
    expect(go.element.disabled).toBe(false)
    expect(document.activeElement).toBe(go.element)
    expect(wrapper.attributes('aria-busy')).toBe('true')
    wrapper.unmount()
  })
})
