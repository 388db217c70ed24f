/** The districts and counties of the city; they do not change while a page is open. */
import { shallowRef } from 'vue'
import { identity, unwrap } from '@/api/client'
import type { components } from '@/api/types/identity'

export type District = components['schemas']['DistrictOut']

const districts = shallowRef<District[]>([])
let loading: Promise<District[]> | null = null

/** All of them. Who needs them after a failure asks again. */
export function loadDistricts(): Promise<District[]> {
  loading ??= unwrap(identity.GET('/api/identity/districts')).then(
    (found) => (districts.value = found.items),
    (error: unknown) => {
      loading = null
      throw error
    },
  )
  return loading
}

/** All of them, none until they have come: for names, which a page can do without. */
export function useDistricts() {
  loadDistricts().catch(() => undefined)
  return districts
}
