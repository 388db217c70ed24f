/**
 * What a page keeps in its address. When the address comes to say something else than the page has written there (the
 * menu, a link, the back button), the page is told: what is shown, exported and approved must be what the address names.
 */
import { watch } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'

/** `names`: the page's own fields of the query; others, which open dialogs, are no business of `changed`. */
export function useAddress(names: readonly string[], changed: () => void) {
  const route = useRoute()
  const router = useRouter()
  const page = route.name
  let known = own(route.query)

  function own(query: LocationQuery): string {
    return JSON.stringify(names.map((name) => textOf(query[name])))
  }

  function read(name: string): string {
    return textOf(route.query[name])
  }

  /** Fields that are empty or left out are not in the address. */
  async function write(fields: Readonly<Record<string, string>>): Promise<void> {
    const query: LocationQuery = {}
    for (const [name, value] of Object.entries(route.query)) if (!names.includes(name)) query[name] = value
    for (const [name, value] of Object.entries(fields)) if (value !== '') query[name] = value
    known = own(query)
    await router.replace({ query, hash: route.hash })
  }

  watch(
    () => route.query,
    (query) => {
      if (route.name !== page || own(query) === known) return
      known = own(query)
      changed()
    },
  )

  return { read, write }
}

function textOf(value: LocationQuery[string] | undefined): string {
  return typeof value === 'string' ? value : ''
}
