import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import en from '@/i18n/en'
import zh from '@/i18n/zh-CN'
import LogDetail from './LogDetail.vue'
import type { LogEntry } from './log'

const BATCH = '1795611281162037446'

/** A batch that is confirmed, as the log answers it. */
function confirmed(kind: 'import' | 'approval', summary: string): LogEntry {
  const detail = { version: 2, batch_no: BATCH, kind }
  const ids = { event_id: '0192d3a0-0000-7000-8000-000000000001', subject_id: BATCH, reader_id: null, batch_no: BATCH, school_id: 's', district: 'd' }
  return { ...ids, occurred_at: '2026-11-29T02:34:13Z', operator: 'teacher-a', entity: 'batch', fact: 'confirmed', summary, detail }
}

async function shown(locale: 'zh-CN' | 'en', entry: LogEntry): Promise<string> {
  const i18n = createI18n({ legacy: false, locale, messages: { 'zh-CN': zh, en } as Record<string, typeof zh> })
  mount(LogDetail, { props: { entry }, global: { plugins: [i18n], stubs: { RouterLink: { template: '<a><slot /></a>' } } }, attachTo: document.body })
  return (await vi.waitFor(() => document.querySelector('[data-test=log-detail]') ?? Promise.reject(new Error('not open')))).textContent!
}

afterEach(() => (document.body.innerHTML = ''))

describe('an entry of a batch', () => {
  it('says of which batch it is', async () => {
    const said = await shown('zh-CN', confirmed('import', `teacher-a 确认了导入批次，共1000项（批次${BATCH}）`))
    expect(said).toContain(`teacher-a 确认了导入批次，共1000项（批次${BATCH}）`)
    expect(said).toContain(`批次号${BATCH}`)
    expect(said).toContain('类型导入')
    expect(said).not.toMatch(/undefined|null|version|\[object/)
  })

  it('says so in English', async () => {
    const said = await shown('en', confirmed('approval', `teacher-a confirmed an approval batch of 1000 (batch ${BATCH})`))
    expect(said).toContain(`confirmed an approval batch of 1000 (batch ${BATCH})`)
    expect(said).toContain(`Batch number${BATCH}`)
    expect(said).toContain('Kindapproval')
    expect(said).not.toMatch(/undefined|null|version|\[object|\p{Script=Han}/u)
  })
})
