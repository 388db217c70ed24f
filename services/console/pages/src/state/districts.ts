/** The districts and counties of the city; they do not change while a page is open. */
import { shallowRef } from 'vue'
import { identity, unwrap } from '@/api/client'
import type { components } from '@/api/types/identity'

export type District = components['schemas']['DistrictOut']

const districts = shallowRef<District[]>([])
let loading: Promise<void> | null = null

export function useDistricts() {
  loading ??= unwrap(identity.GET('/api/identity/districts')).then(
    (found) => {
      districts.value = found.items
    },
    () => {
      // Asked again by the next who needs them.
      loading = null
    },
  )
  return districts
}
