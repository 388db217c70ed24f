/** Something asked for once, and again on demand: the answer, or the problem. */
import { onMounted, ref, shallowRef } from 'vue'
import { problemOf, type Problem } from '@/api/problem'

export function useLoad<T>(ask: () => Promise<T>) {
  const value = shallowRef<T | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const loading = ref(false)
  let latest = 0

  async function load(): Promise<void> {
    const asked = ++latest
    loading.value = true
    try {
      const found = await ask()
      if (asked !== latest) return
      value.value = found
      problem.value = null
    } catch (error) {
      const said = problemOf(error)
      if (said === null) throw error
      if (asked === latest) problem.value = said
    } finally {
      if (asked === latest) loading.value = false
    }
  }

  onMounted(load)
  return { value, problem, loading, load }
}
