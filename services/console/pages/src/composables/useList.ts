/**
 * A searched list: what is typed (`form`) becomes what is searched (`applied`) when asked. The search is kept in the
 * address, so that a reload and the back button show the same; fields named `unkept` are not, since addresses are
 * logged and remembered and a pupil's name or ID number must not be.
 */
import { onMounted, reactive, ref, shallowRef, type UnwrapNestedRefs } from 'vue'
import { problemOf, type Problem } from '@/api/problem'
import { useAddress } from './useAddress'

export interface Found<Item> {
  items: Item[]
  total: number
}

export interface Asked<Search> {
  search: Search
  page: number
  pageSize: number
  sort: string
  signal: AbortSignal
}

export interface ListOptions<Search> {
  empty: () => Search
  unkept?: (keyof Search)[]
  pageSize?: number
  sort?: string
}

type Texts = { [field: string]: string }

export function useList<Search extends Texts, Item>(
  load: (asked: Asked<Search>) => Promise<Found<Item>>,
  { empty, unkept = [], pageSize: usualSize = 20, sort: usualSort = '' }: ListOptions<Search>,
) {
  const fields = Object.keys(empty())
  const kept = fields.filter((name) => !unkept.includes(name))
  const { read, write } = useAddress([...fields, 'page', 'page_size', 'sort'], () => {
    readAddress()
    void refresh()
  })
  const form = reactive(empty()) as UnwrapNestedRefs<Search>
  const applied = shallowRef<Search>(empty())
  const page = ref(1)
  const pageSize = ref(usualSize)
  const sort = ref(usualSort)
  const items = shallowRef<Item[]>([])
  const total = ref(0)
  const loading = ref(false)
  const loaded = ref(false)
  const problem = shallowRef<Problem | null>(null)
  let asking: AbortController | null = null

  async function refresh(): Promise<void> {
    loading.value = true
    await ask()
  }

  /** By itself and unseen; whoever asks for something is not held up by it. */
  async function lookAgain(): Promise<void> {
    if (asking === null) await ask()
  }

  async function ask(): Promise<void> {
    asking?.abort()
    const controller = new AbortController()
    asking = controller
    try {
      const found = await load({
        search: applied.value,
        page: page.value,
        pageSize: pageSize.value,
        sort: sort.value,
        signal: controller.signal,
      })
      if (controller.signal.aborted) return
      items.value = found.items
      total.value = found.total
      problem.value = null
      loaded.value = true
    } catch (error) {
      if (controller.signal.aborted) return
      problem.value = problemOf(error)
      if (problem.value === null) throw error
    } finally {
      if (asking === controller) {
        asking = null
        loading.value = false
      }
    }
    // The last row of the last page has gone.
    if (page.value > 1 && items.value.length === 0 && total.value > 0) {
      page.value = Math.max(1, Math.ceil(total.value / pageSize.value))
      await refresh()
    }
  }

  function keepInAddress(): Promise<void> {
    return write({
      ...Object.fromEntries(kept.map((name) => [name, applied.value[name]!])),
      page: page.value === 1 ? '' : String(page.value),
      page_size: pageSize.value === usualSize ? '' : String(pageSize.value),
      sort: sort.value === usualSort ? '' : sort.value,
    })
  }

  function readAddress(): void {
    const search: Texts = empty()
    for (const name of fields) search[name] = read(name) || search[name]!
    Object.assign(form, search)
    applied.value = search as Search
    page.value = Math.max(1, Number.parseInt(read('page'), 10) || 1)
    const size = Number.parseInt(read('page_size'), 10)
    pageSize.value = [20, 50, 100, 200].includes(size) ? size : usualSize
    sort.value = read('sort') || usualSort
  }

  async function search(): Promise<void> {
    applied.value = trimmed({ ...form } as Search)
    Object.assign(form, applied.value)
    page.value = 1
    await Promise.all([keepInAddress(), refresh()])
  }

  async function reset(): Promise<void> {
    Object.assign(form, empty())
    sort.value = usualSort
    await search()
  }

  async function turn(to: { page?: number; pageSize?: number; sort?: string }): Promise<void> {
    if (to.pageSize !== undefined || to.sort !== undefined) page.value = 1
    if (to.page !== undefined) page.value = to.page
    if (to.pageSize !== undefined) pageSize.value = to.pageSize
    if (to.sort !== undefined) sort.value = to.sort
    await Promise.all([keepInAddress(), refresh()])
  }

  onMounted(() => {
    readAddress()
    void refresh()
  })

  return { form, applied, page, pageSize, sort, items, total, loading, loaded, problem, search, reset, turn, refresh, lookAgain }
}

function trimmed<Search extends Texts>(search: Search): Search {
  return Object.fromEntries(Object.entries(search).map(([name, value]) => [name, (value ?? '').trim()])) as Search
}
