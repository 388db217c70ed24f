import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { nextTick } from 'vue'
import zh from '@/i18n/zh-CN'
import FormDialog from './FormDialog.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })

describe('FormDialog', () => {
  it('cannot be closed while something is under way', async () => {
    const props = { modelValue: true, busy: true, title: '重置密码', width: '480px' }
    const wrapper = mount(FormDialog, { props, global: { plugins: [i18n] }, attachTo: document.body })
    await nextTick()
    const cancel = () => wrapper.findAll('button').find((one) => one.text() === '取消')!
    const isShown = () => wrapper.get('.el-overlay').isVisible()
    expect(cancel().attributes('disabled')).toBeDefined()
    await wrapper.get('.el-dialog__headerbtn').trigger('click')
    expect([isShown(), wrapper.emitted('update:modelValue')]).toEqual([true, undefined])
    await wrapper.setProps({ busy: false })
    await cancel().trigger('click')
    expect(wrapper.emitted('update:modelValue')).toEqual([[false]])
    await wrapper.setProps({ modelValue: true })
    await wrapper.get('.el-dialog__headerbtn').trigger('click')
    expect(isShown()).toBe(false)
    wrapper.unmount()
  })
})
