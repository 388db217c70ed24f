/** Something shown that moves by itself is looked at again while it moves, also after a look that has failed. */
import { onScopeDispose, watch, type Ref } from 'vue'

interface Options<Item> {
  isMoving: (item: Item) => boolean
  /** Milliseconds between two looks. */
  wait: number
  /** Looks without a rest, after which it is given up. */
  most?: number
}

export function useLookAgain<Item>(items: Ref<readonly Item[]>, look: () => Promise<void>, { isMoving, wait, most = Infinity }: Options<Item>): void {
  let timer: number | undefined
  let looks = 0
  let isOver = false

  function arm(): void {
    window.clearTimeout(timer)
    if (!items.value.some(isMoving)) {
      looks = 0
      return
    }
    if (isOver || looks >= most) return
    timer = window.setTimeout(() => {
      looks += 1
      void look().finally(arm)
    }, wait)
  }

  watch(items, arm)
  onScopeDispose(() => {
    isOver = true
    window.clearTimeout(timer)
  })
}
