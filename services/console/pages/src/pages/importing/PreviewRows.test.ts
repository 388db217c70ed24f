import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { i18n, setLanguage } from '@/i18n'
import PreviewRows from './PreviewRows.vue'

const ROW = {
  row: '7',
  item_no: 6,
  outcome: 'rejected',
  values: { id_number: '50010320120101901', name: '王小明', phone: '', home_district: '渝西' },
  changes: [],
  errors: [
    { field: 'id_number', code: 'id_length', detail: '身份证号应为 18 位，这里是 17 位。' },
    { field: 'phone', code: 'phone_format', detail: '联系电话应为 11 位手机号，这里是 10 位。' },
    { field: 'home_district', code: 'district_unknown', detail: '“渝西”不是重庆市的区县，请填写如“渝中”的区县名称。' },
  ],
  warnings: [],
}

async function reasons(): Promise<string[]> {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ items: [ROW], total: 1 })))
  const page = mount(PreviewRows, { props: { batchNo: '1', outcome: 'rejected' }, global: { plugins: [i18n] } })
  await flushPromises()
  return page.findAll('.reasons li').map((one) => one.text())
}

afterEach(async () => {
  vi.unstubAllGlobals()
  await setLanguage('zh-CN')
})

describe('a rejected row', () => {
  it('has the service’s reasons in Chinese', async () => {
    expect((await reasons())[0]).toBe('身份证号 身份证号应为 18 位，这里是 17 位。')
  })

  it('has reasons in English that name what stands in its cells', async () => {
    await setLanguage('en')
    expect(await reasons()).toEqual([
      'ID number An ID number has 18 characters; this one has 17.',
      'Phone Not a phone number.',
      'Home district There is no district “渝西” in this city.',
    ])
  })
})
