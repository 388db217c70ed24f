import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { ApiProblem, readProblem } from '@/api/problem'
import { i18n } from '@/i18n'
import zh from '@/i18n/zh-CN'
import { useAttempt } from './useAttempt'

const { attempt } = mount(defineComponent({ setup: () => useAttempt(), render: () => null }), { global: { plugins: [i18n] } }).vm
const told = () => [...document.querySelectorAll('.el-message')].map((one) => one.textContent).join()

afterEach(() => {
  document.body.innerHTML = ''
})

describe('attempt', () => {
  it('tells what was refused with what to do and the number to quote', async () => {
    const body = { code: 'stale_version', detail: '该记录已被他人修改。', request_id: 'request-17' }
    expect(await attempt(() => Promise.reject(new ApiProblem(readProblem(412, body))), 'done')).toBe(false)
    expect(told()).toContain(`该记录已被他人修改。 ${zh.problem.adviceStale}`)
    expect(told()).toContain('request-17')
  })

  it('says when it is done, and hides no fault of the pages', async () => {
    expect(await attempt(() => Promise.resolve(), '已停用')).toBe(true)
    expect(told()).toContain('已停用')
    await expect(attempt(() => Promise.reject(new TypeError('fault')))).rejects.toThrow('fault')
  })
})
