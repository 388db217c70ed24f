import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { nextTick, shallowReactive } from 'vue'
import zh from '@/i18n/zh-CN'
import DataTable from './DataTable.vue'
import type { Column } from './columns'

interface Row {
  id: string
  name: string
}

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })
const columns: Column[] = [
  { key: 'name', label: '姓名', sortBy: 'name' },
  { key: 'id', label: '编号' },
]

function rows(count: number, from = 0): Row[] {
  return Array.from({ length: count }, (_, at) => ({ id: `r${from + at}`, name: `读者${from + at}` }))
}

function table(items: Row[], chosen?: Map<string, Row>, sort = '') {
  const props = { label: '读者', columns, items, keyOf: (row: Row) => row.id, nameOf: (row: Row) => row.name, chosen, sort }
  // A generic component's props are not known to mount.
  return mount(DataTable as never, { props, global: { plugins: [i18n] } } as never) as ReturnType<typeof mount>
}

describe('DataTable', () => {
  it('keeps what was chosen on other pages', async () => {
    const chosen = shallowReactive(new Map<string, Row>([['r99', { id: 'r99', name: '读者99' }]]))
    const wrapper = table(rows(3), chosen)
    await wrapper.get('input[aria-label="选择 读者1"]').setValue(true)
    await wrapper.setProps({ items: rows(3, 3) } as never)
    await wrapper.get('input[aria-label="选择本页全部"]').setValue(true)
    expect([...chosen.keys()]).toEqual(['r99', 'r1', 'r3', 'r4', 'r5'])
    await wrapper.get('input[aria-label="选择本页全部"]').setValue(false)
    expect([...chosen.keys()]).toEqual(['r99', 'r1'])
  })

  it('says some are chosen when not all of the page are', async () => {
    const wrapper = table(rows(2), shallowReactive(new Map([['r0', rows(1)[0]!]])))
    const box = wrapper.get<HTMLInputElement>('input[aria-label="选择本页全部"]').element
    expect([box.checked, box.indeterminate]).toEqual([false, true])
  })

  it('sorts up, then down', async () => {
    const wrapper = table(rows(2))
    await wrapper.get('button.sorter').trigger('click')
    await wrapper.setProps({ sort: 'name' } as never)
    expect(wrapper.get('th').attributes('aria-sort')).toBe('ascending')
    await wrapper.get('button.sorter').trigger('click')
    expect(wrapper.emitted('sort')).toEqual([['name'], ['-name']])
  })

  it('says that there is nothing once that is known', async () => {
    const wrapper = table([])
    expect(wrapper.text()).toContain('没有符合条件的数据')
    await wrapper.setProps({ loaded: false } as never)
    expect(wrapper.text()).not.toContain('没有符合条件的数据')
    await wrapper.setProps({ loaded: true, loading: true } as never)
    expect(wrapper.text()).not.toContain('没有符合条件的数据')
  })

  it('is not slowed by ten thousand chosen', async () => {
    // Beside each other in one run: the machine may be busy, ten thousand must not cost a multiple of fifty.
    const few = await clicks(50)
    const many = await clicks(10_000)
    expect(many).toBeLessThan(few * 4 + 100)
  })
})

/** Milliseconds of twenty clicks in a table of a hundred rows while so many are chosen. */
async function clicks(count: number): Promise<number> {
  const chosen = shallowReactive(new Map(rows(count).map((row) => [row.id, row])))
  const wrapper = table(rows(100), chosen)
  const started = performance.now()
  for (let at = 0; at < 20; at += 1) {
    chosen.delete(`r${at}`)
    await nextTick()
  }
  const took = performance.now() - started
  expect(wrapper.findAll('tbody tr.chosen')).toHaveLength(Math.min(count, 100) - 20)
  return took
}
