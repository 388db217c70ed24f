import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import zh from '@/i18n/zh-CN'
import ApprovalDialog from './ApprovalDialog.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })
const approval = (batch_no: string, total: number, without_consent = 0) => ({ batch_no, total, status: 'draft', without_consent, consent_mode: 'warn' })

/** Requests that wait for the test to answer them, by method and path. */
const waiting = new Map<string, (body: unknown, status?: number) => void>()

function answered(request: string, body: unknown, status = 200): Promise<void> {
  return vi.waitFor(() => {
    const answer = waiting.get(request)
    if (!answer) throw new Error(`${request} is not waiting, but ${[...waiting.keys()].join()}`)
    waiting.delete(request)
    answer(body, status)
  })
}

class SilentStream extends EventTarget {
  close(): void {}
}

let wrapper: VueWrapper

function open(batchNo: string | null, request: unknown = null): void {
  const props = { batchNo, request: request as { reader_ids: string[] } }
  const global = { plugins: [i18n], stubs: { RouterLink: true } }
  wrapper = mount(ApprovalDialog, { props, global, attachTo: document.body })
}

const confirmButton = () => document.querySelector<HTMLButtonElement>('[data-test=confirm-approval]')!

beforeEach(() => {
  waiting.clear()
  vi.stubGlobal('EventSource', SilentStream)
  vi.stubGlobal('fetch', (request: Request) => {
    const name = `${request.method} ${new URL(request.url).pathname}`
    return new Promise<Response>((resolve) =>
      waiting.set(name, (body, status = 200) => resolve(status === 204 ? new Response(null, { status }) : Response.json(body, { status }))),
    )
  })
})
afterEach(() => {
  wrapper.unmount()
  vi.unstubAllGlobals()
})

describe('ApprovalDialog', () => {
  it('does not take the draft that was left for the one asked for next, and cancels it', async () => {
    open('new', { filter: { status: 'pending' } })
    await vi.waitFor(() => expect(waiting.has('POST /api/readers/approvals')).toBe(true))
    const first = waiting.get('POST /api/readers/approvals')!
    waiting.clear()
    await wrapper.setProps({ batchNo: null })
    await wrapper.setProps({ batchNo: 'new', request: { reader_ids: ['a', 'b'] } })
    first(approval('B3000', 3000), 201)
    await answered('DELETE /api/readers/approvals/B3000', null, 204)
    expect(wrapper.emitted('opened')).toBeUndefined()
    await answered('POST /api/readers/approvals', approval('B2', 2), 201)
    await vi.waitFor(() => expect(wrapper.emitted('opened')).toEqual([['B2']]))
  })

  it('says who has no consent after a reload too, before it can be confirmed', async () => {
    open('B5')
    await vi.waitFor(() => expect(confirmButton().disabled).toBe(true))
    await answered('GET /api/readers/approvals/B5', approval('B5', 5, 2))
    await vi.waitFor(() => expect(confirmButton().disabled).toBe(false))
    expect(document.querySelector('[data-test=without-consent]')?.textContent).toContain('2')
    expect(document.querySelector('[data-test=batch-total]')?.textContent).toContain('5')
  })

  it('cannot be confirmed when the draft cannot be read, and reads it again', async () => {
    open('B5')
    await answered('GET /api/readers/approvals/B5', { code: 'unavailable' }, 503)
    await vi.waitFor(() => expect(document.querySelector('[role=alert] button')).not.toBeNull())
    expect(confirmButton().disabled).toBe(true)
    document.querySelector<HTMLButtonElement>('[role=alert] button')!.click()
    await answered('GET /api/readers/approvals/B5', approval('B5', 5))
    await vi.waitFor(() => expect(confirmButton().disabled).toBe(false))
  })
})
