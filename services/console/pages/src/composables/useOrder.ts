/** Rows moved by dragging or by the buttons 上移 and 下移; the new order is sent at once. */
import { ref } from 'vue'

export function useOrder<Item>(items: () => readonly Item[], save: (ordered: Item[]) => Promise<void>) {
  const dragged = ref<number | null>(null)
  const over = ref<number | null>(null)

  function move(from: number, to: number): Promise<void> {
    const ordered = [...items()]
    if (from === to || to < 0 || to >= ordered.length) return Promise.resolve()
    const [moved] = ordered.splice(from, 1)
    ordered.splice(to, 0, moved!)
    return save(ordered)
  }

  function start(at: number, event: DragEvent): void {
    dragged.value = at
    event.dataTransfer?.setData('text/plain', String(at))
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
  }

  function enter(at: number): void {
    if (dragged.value !== null) over.value = at
  }

  async function drop(at: number): Promise<void> {
    const from = dragged.value
    end()
    if (from !== null) await move(from, at)
  }

  function end(): void {
    dragged.value = null
    over.value = null
  }

  return { dragged, over, move, start, enter, drop, end }
}
