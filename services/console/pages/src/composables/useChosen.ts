/**
 * What is ticked in a list: kept while its pages are turned and sorted, forgotten with the search it was ticked in.
 * Nothing that a search has taken off the screen is worked on.
 */
import { shallowReactive, watch, type Ref } from 'vue'

export function useChosen<Item>(list: { applied: Readonly<Ref<unknown>>; items: Readonly<Ref<readonly Item[]>> }, keyOf: (item: Item) => string) {
  const chosen = shallowReactive(new Map<string, Item>())
  let isOtherSearch = false

  watch(
    list.applied,
    () => {
      chosen.clear()
      isOtherSearch = true
    },
    { flush: 'sync' },
  )
  watch(
    list.items,
    (found) => {
      // Until the answer came, rows of the search before stood there to be ticked.
      if (isOtherSearch) chosen.clear()
      isOtherSearch = false
      // What is chosen is shown as it is now, wherever the news came from.
      for (const item of found) if (chosen.has(keyOf(item))) chosen.set(keyOf(item), item)
    },
    { flush: 'sync' },
  )

  return chosen
}
