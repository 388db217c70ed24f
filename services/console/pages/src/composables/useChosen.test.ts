import { describe, expect, it } from 'vitest'
import { shallowRef } from 'vue'
import { useChosen } from './useChosen'

interface Row {
  id: string
  status: string
}

function list() {
  const applied = shallowRef({ name: '' })
  const items = shallowRef<Row[]>([
    { id: 'a', status: 'pending' },
    { id: 'b', status: 'pending' },
  ])
  const chosen = useChosen({ applied, items }, (row) => row.id)
  const tick = (id: string) => chosen.set(id, items.value.find((row) => row.id === id)!)
  return { applied, items, chosen, tick }
}

describe('useChosen', () => {
  it('keeps what is ticked on other pages, as it is now', () => {
    const { items, chosen, tick } = list()
    tick('a')
    items.value = [{ id: 'c', status: 'pending' }]
    tick('c')
    expect([...chosen.keys()]).toEqual(['a', 'c'])
    items.value = [{ id: 'a', status: 'approved' }]
    expect(chosen.get('a')?.status).toBe('approved')
  })

  it('forgets it when something else is searched for, also what was ticked before the answer came', () => {
    const { applied, items, chosen, tick } = list()
    tick('a')
    applied.value = { name: '李四' }
    expect(chosen.size).toBe(0)
    tick('b')
    items.value = [{ id: 'd', status: 'pending' }]
    expect(chosen.size).toBe(0)
    tick('d')
    items.value = [{ id: 'd', status: 'approved' }]
    expect(chosen.get('d')?.status).toBe('approved')
  })
})
