/** Cards follow approvals by themselves within moments: while shown readers wait for theirs, the list looks again. */
import type { Ref } from 'vue'
import { useLookAgain } from '@/composables/useLookAgain'
import type { Reader } from './reader'

const WAIT = 1_500
const LOOKS = 20

export function useWaitForCards(items: Ref<readonly Reader[]>, look: () => Promise<void>): void {
  useLookAgain(items, look, { isMoving: (reader) => reader.status === 'approved', wait: WAIT, most: LOOKS })
}
