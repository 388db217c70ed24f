import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, reactive } from 'vue'
import { useSchoolClasses } from './classes'
import { loadMe } from './me'

/** Answers by school, given when the test lets them. */
const waiting = new Map<string, () => void>()
let asked: string[] = []
let scope: string

function use() {
  const form = reactive({ school_id: '', grade_id: '', class_id: '' })
  let used!: ReturnType<typeof useSchoolClasses>
  const page = defineComponent({
    setup() {
      used = useSchoolClasses(form)
      return () => h('p')
    },
  })
  mount(page)
  return { form, ...used }
}

async function logIn(as: string): Promise<void> {
  scope = as
  await loadMe()
}

beforeEach(() => {
  waiting.clear()
  asked = []
  vi.stubGlobal('fetch', (request: Request) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/api/identity/me') return Promise.resolve(Response.json({ scope }))
    const school = searchParams.get('school_id') ?? 'own'
    asked.push(school)
    const items = pathname.endsWith('grades') ? [{ id: `grade-${school}`, name: school }] : [{ id: `class-${school}`, grade_id: `grade-${school}` }]
    return new Promise<Response>((resolve) => {
      const before = waiting.get(school)
      waiting.set(school, () => {
        before?.()
        resolve(Response.json({ items, total: 1 }))
      })
    })
  })
})
afterEach(() => vi.unstubAllGlobals())

describe('useSchoolClasses', () => {
  it('asks for no classes before a school is chosen, nor after it has been taken back', async () => {
    await logIn('city')
    const { form, grades, chooseSchool } = use()
    expect(asked).toEqual([])
    chooseSchool('A')
    await vi.waitFor(() => expect(asked).toEqual(['A', 'A']))
    waiting.get('A')!()
    await vi.waitFor(() => expect(grades.value).toHaveLength(1))
    Object.assign(form, { school_id: '', grade_id: '', class_id: '' })
    await vi.waitFor(() => expect(grades.value).toEqual([]))
    expect(asked).toEqual(['A', 'A'])
  })

  it('shows the school that was chosen last, whichever answers last', async () => {
    await logIn('district')
    const { form, byGrade, chooseSchool } = use()
    chooseSchool('A')
    await vi.waitFor(() => expect(asked).toEqual(['A', 'A']))
    Object.assign(form, { grade_id: 'grade-A', class_id: 'class-A' })
    chooseSchool('B')
    expect(form).toEqual({ school_id: 'B', grade_id: '', class_id: '' })
    await vi.waitFor(() => expect(asked).toHaveLength(4))
    waiting.get('B')!()
    await vi.waitFor(() => expect([...byGrade.value.keys()]).toEqual(['grade-B']))
    waiting.get('A')!()
    await flushPromises()
    expect([...byGrade.value.keys()]).toEqual(['grade-B'])
  })

  it('keeps the class that an address names', async () => {
    await logIn('district')
    const { form, grades } = use()
    Object.assign(form, { school_id: 'A', grade_id: 'grade-A', class_id: 'class-A' })
    await vi.waitFor(() => expect(asked).toEqual(['A', 'A']))
    waiting.get('A')!()
    await vi.waitFor(() => expect(grades.value).toHaveLength(1))
    expect(form.class_id).toBe('class-A')
  })

  it('has a teacher’s own classes at once', async () => {
    await logIn('school')
    const { grades } = use()
    await vi.waitFor(() => expect(asked).toEqual(['own', 'own']))
    waiting.get('own')!()
    await vi.waitFor(() => expect(grades.value).toHaveLength(1))
  })
})
