import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import en from '@/i18n/en'
import zh from '@/i18n/zh-CN'
import StepDialog from './StepDialog.vue'

afterEach(() => {
  document.body.innerHTML = ''
  vi.unstubAllGlobals()
})

describe('handing out', () => {
  it('keeps who took the card in the one language that everybody’s history has', async () => {
    const sent: unknown[] = []
    vi.stubGlobal('fetch', async (request: Request) => {
      sent.push(await request.json())
      return Response.json({ done: 1, refused: 0, fee_fen: 0, refusals: [] })
    })
    const i18n = createI18n({ legacy: false, locale: 'en', messages: { 'zh-CN': zh, en } as Record<string, typeof zh> })
    const props = { step: null, target: { card_nos: ['500103260000012'] }, count: 1 }
    const wrapper = mount(StepDialog, { props, global: { plugins: [i18n] }, attachTo: document.body })
    await wrapper.setProps({ step: 'hand_out' })
    await flushPromises()
    const taker = await vi.waitFor(() => wrapper.getComponent({ name: 'ElSelect' }))
    taker.vm.$emit('update:modelValue', 'guardian')
    wrapper.getComponent({ name: 'FormDialog' }).vm.$emit('send')
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]).toMatchObject({ step: 'hand_out', reason: '领取人：监护人' })
  })
})
