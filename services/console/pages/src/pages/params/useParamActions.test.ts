import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'
import { ApiProblem, readProblem } from '@/api/problem'
import { i18n, setLanguage } from '@/i18n'
import type { Param } from './param'
import { useParamActions } from './useParamActions'

const IN_USE = { code: 'in_use', title: '已有读者使用，不能删除；可以改为禁用。', detail: '该班级有2名读者正在使用。' }
let listed: Param
let changed: Param | null

/** The page shows a class that nobody used when it was opened. */
function open() {
  const asked = { ...listed, readers: 0 }
  const calls = {
    load: async () => undefined,
    find: (id: string) => (id === listed.id ? listed : undefined),
    change: async (item: Param) => void (changed = item),
    remove: () => Promise.reject(new ApiProblem(readProblem(409, IN_USE))),
    order: async () => undefined,
  }
  const page = defineComponent({ setup: () => useParamActions<Param>(calls), render: () => null })
  const actions = mount(page, { global: { plugins: [i18n] } }).vm
  actions.chosen.set(asked.id, asked)
  return actions
}

/** The question asked last: one that was answered fades for a while. */
function box(): Element | undefined {
  return [...document.querySelectorAll('.el-message-box')].at(-1)
}

async function press(name: string): Promise<void> {
  const button = () => [...(box()?.querySelectorAll('button') ?? [])].find((one) => one.textContent?.trim() === name)
  await vi.waitFor(() => expect(button()).toBeDefined())
  button()!.click()
}

async function reads(text: string): Promise<void> {
  await vi.waitFor(() => expect(box()?.textContent).toContain(text))
}

beforeEach(() => {
  listed = { id: 'one', name: '1班', disabled: false, sort_order: 1, remark: '', version: 7, readers: 2 }
  changed = null
})
afterEach(async () => {
  await setLanguage('zh-CN')
  document.body.innerHTML = ''
})

describe('a refused deletion', () => {
  it('says by how many it is used now, and disables what is there now', async () => {
    void open().remove()
    await press('删除')
    await reads('仍有 2 位读者使用它')
    await press('改为禁用')
    await vi.waitFor(() => expect(changed?.version).toBe(7))
  })

  it('says so in English too', async () => {
    await setLanguage('en')
    void open().remove()
    await press('Delete')
    await reads('2 readers use it.')
    expect(box()?.textContent).not.toContain('读者')
  })

  it('says no number when nobody uses it any more', async () => {
    listed = { ...listed, readers: 0 }
    void open().remove()
    await press('删除')
    await reads(IN_USE.detail)
  })
})
