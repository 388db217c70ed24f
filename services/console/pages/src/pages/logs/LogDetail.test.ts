import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import en from '@/i18n/en'
import zh from '@/i18n/zh-CN'
import LogDetail from './LogDetail.vue'
import type { LogEntry } from './log'

const BATCH = '1795611281162037446'

/** A thousand items told together, as the log answers it: the items themselves are left out. */
function together(fact: string, summary: string): LogEntry {
  const detail = { version: 1, batch_no: BATCH, kind: fact === 'items_imported' ? 'import' : 'approval' }
  const ids = { event_id: '0192d3a0-0000-7000-8000-000000000001', subject_id: BATCH, reader_id: null, batch_no: BATCH, school_id: 's', district: 'd' }
  return { ...ids, occurred_at: '2026-11-29T02:34:13Z', operator: 'readers', entity: 'batch', fact, summary, detail }
}

async function shown(locale: 'zh-CN' | 'en', entry: LogEntry): Promise<string> {
  const i18n = createI18n({ legacy: false, locale, messages: { 'zh-CN': zh, en } as Record<string, typeof zh> })
  mount(LogDetail, { props: { entry }, global: { plugins: [i18n], stubs: { RouterLink: { template: '<a><slot /></a>' } } }, attachTo: document.body })
  return (await vi.waitFor(() => document.querySelector('[data-test=log-detail]') ?? Promise.reject(new Error('not open')))).textContent!
}

afterEach(() => (document.body.innerHTML = ''))

describe('items of a batch that are told together', () => {
  it('say of which batch they are', async () => {
    const said = await shown('zh-CN', together('items_imported', `系统导入了批次中的1000项（批次${BATCH}）`))
    expect(said).toContain(`系统导入了批次中的1000项（批次${BATCH}）`)
    expect(said).toContain(`批次号${BATCH}`)
    expect(said).toContain('类型导入')
    expect(said).not.toMatch(/undefined|null|version|\[object/)
  })

  it('say so in English', async () => {
    const said = await shown('en', together('items_issued', `The system (cards) issued the cards of 1000 items of a batch (batch ${BATCH})`))
    expect(said).toContain(`issued the cards of 1000 items of a batch (batch ${BATCH})`)
    expect(said).toContain(`Batch number${BATCH}`)
    expect(said).toContain('Kindapproval')
    expect(said).not.toMatch(/undefined|null|version|\[object|\p{Script=Han}/u)
  })
})
