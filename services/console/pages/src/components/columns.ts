/** Columns of a table, and which of them are shown: a choice kept on this machine. */
import { computed, ref, type ComputedRef } from 'vue'

export interface Column {
  key: string
  label: string
  width?: string
  align?: 'right' | 'center' | 'wrap'
  mono?: boolean
  sortBy?: string
  /** Cannot be hidden. */
  fixed?: boolean
  /** Hidden until asked for. */
  extra?: boolean
}

export function useColumns(table: string, all: ComputedRef<Column[]>) {
  const stored = `schoolcard.columns.${table}`
  const switched = ref(new Set<string>(read(stored)))

  function isShown(column: Column): boolean {
    return column.fixed === true || (column.extra === true) === switched.value.has(column.key)
  }

  function toggle(column: Column): void {
    const next = new Set(switched.value)
    if (!next.delete(column.key)) next.add(column.key)
    switched.value = next
    localStorage.setItem(stored, JSON.stringify([...next]))
  }

  const columns = computed(() => all.value.filter(isShown))
  return { columns, isShown, toggle }
}

function read(key: string): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
