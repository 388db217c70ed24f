/**
 * Everybody of a class, however many answers that takes. The list may move between two of them (a pupil is added, or
 * leaves): whoever comes twice is taken once, and where somebody is missing all are asked for again.
 */
import { readers, unwrap } from '@/api/client'
import type { Reader } from '@/pages/readers/reader'

const PAGE = 200
// A class that moves each time is being imported; its teacher looks again when that is done.
const TRIES = 3

/** By name. `isWanted` is asked between answers; nobody is found once it says no. */
export async function everybodyOf(classId: string, isWanted: () => boolean): Promise<Reader[]> {
  const found = new Map<string, Reader>()
  for (let tried = 0; tried < TRIES; tried += 1) {
    found.clear()
    let total = 0
    for (let page = 1; page === 1 || (page - 1) * PAGE < total; page += 1) {
      const query = { class_id: classId, page, page_size: PAGE, sort: 'name' as const }
      const answer = await unwrap(readers.GET('/api/readers', { params: { query } }))
      if (!isWanted()) return []
      for (const reader of answer.items) found.set(reader.id, reader)
      total = answer.total
    }
    if (found.size === total) break
  }
  return [...found.values()]
}
