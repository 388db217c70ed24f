/** What is done with grades and with classes alike. A refused deletion says by how many it is used and offers 禁用. */
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { problemOf, type Problem } from '@/api/problem'
import { useAttempt } from '@/composables/useAttempt'
import { useProblemText } from '@/i18n/problems'
import { confirmed, tellDone, tellFailed } from '@/notify'
import type { Param } from './param'

interface Calls<Item> {
  load: () => Promise<void>
  find: (id: string) => Item | undefined
  change: (item: Item, body: { disabled: boolean }) => Promise<unknown>
  remove: (item: Item) => Promise<unknown>
  order: (ids: string[]) => Promise<unknown>
}

export function useParamActions<Item extends Param>(calls: Calls<Item>) {
  const { t } = useI18n()
  const { sentence } = useProblemText()
  const { tell, attempt } = useAttempt()
  const chosen = shallowReactive(new Map<string, Item>())
  const loading = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const editing = shallowRef<Item | null>(null)
  const isEditOpen = ref(false)
  const only = computed(() => (chosen.size === 1 ? [...chosen.values()][0]! : null))

  async function refresh(): Promise<void> {
    loading.value = true
    problem.value = null
    try {
      await calls.load()
      chosen.clear()
    } catch (error) {
      problem.value = problemOf(error)
      if (problem.value === null) throw error
    } finally {
      loading.value = false
    }
  }

  /** Runs a change; what was refused is told, and the list shows what is true either way. */
  async function run(work: () => Promise<unknown>, done: string): Promise<void> {
    await attempt(work, done)
    await refresh()
  }

  function add(): void {
    editing.value = null
    isEditOpen.value = true
  }

  function edit(): void {
    editing.value = only.value
    isEditOpen.value = true
  }

  async function saved(name: string): Promise<void> {
    tellDone(t('params.saved', { name }))
    await refresh()
  }

  async function toggle(item: Item): Promise<void> {
    const disabled = !item.disabled
    const done = t(disabled ? 'params.disabledDone' : 'params.enabledDone', { name: item.name })
    await run(() => calls.change(item, { disabled }), done)
  }

  async function remove(): Promise<void> {
    const item = only.value
    if (item === null) return
    const name = { name: item.name }
    if (!(await confirmed(t('params.deleteTitle', name), t('params.deleteText', name), t('params.remove'), true))) return
    try {
      await calls.remove(item)
      tellDone(t('params.deleted', name))
      await refresh()
    } catch (error) {
      const said = problemOf(error)
      if (said === null) throw error
      await offerDisabling(item, said)
    }
  }

  async function offerDisabling(item: Item, said: Problem): Promise<void> {
    const name = { name: item.name }
    if (said.code !== 'in_use' && said.code !== 'grade_has_classes') {
      tell(said)
      return refresh()
    }
    // What is on the screen may be older than the refusal, and so may its counts and its version.
    await refresh()
    const now = calls.find(item.id) ?? item
    const count = said.code === 'in_use' ? now.readers : (now.classes ?? 0)
    const text = count > 0 ? t(said.code === 'in_use' ? 'params.inUseText' : 'params.hasClassesText', { count }) : sentence(said)
    if (now.disabled) tellFailed(text)
    else if (await confirmed(t('params.inUseTitle', name), text, t('params.disableInstead'))) await toggle(now)
  }

  function order(ids: string[]): Promise<void> {
    return run(() => calls.order(ids), t('params.ordered'))
  }

  return { chosen, only, loading, problem, editing, isEditOpen, add, edit, saved, remove, toggle, order, refresh }
}
