import { flushPromises, mount } from '@vue/test-utils'
import { ElMessageBox } from 'element-plus'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'
import { i18n } from '@/i18n'
import type { Reader } from './reader'
import { useReveal } from './useReveal'

const reader = (version: number) => ({ id: 'a', name: '张三', version }) as Reader

afterEach(() => {
  vi.unstubAllGlobals()
  ElMessageBox.close()
})

describe('useReveal', () => {
  it('hides the old numbers of a reader who has been changed', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ id_number: '500103201501012345', phone: '', guardian_phone: '' })))
    const { fullOf, toggle } = mount(defineComponent({ setup: () => useReveal(), render: () => null }), { global: { plugins: [i18n] } }).vm
    const shown = toggle(reader(1))
    await vi.waitFor(() => document.querySelector<HTMLElement>('.el-message-box__btns .el-button--primary')!.click())
    await shown
    await flushPromises()
    expect(fullOf(reader(1))?.id_number).toBe('500103201501012345')
    expect(fullOf(reader(2))).toBeNull()
    await toggle(reader(1))
    expect(fullOf(reader(1))).toBeNull()
  })
})
