/** Cards of the last days, by the batches that were confirmed on each. */
import { batches, unwrap } from '@/api/client'
import { dayAgo } from '@/i18n/format'

export interface TrendDay {
  day: string
  cards: number
}

export const TREND_DAYS = 30

/** One entry for each of the last thirty days, also for those on which nothing happened. */
export async function cardTrend(place: { school_id?: string; district?: string }): Promise<TrendDay[]> {
  const query = { from: dayAgo(TREND_DAYS - 1), to: dayAgo(0), ...place }
  const found = await unwrap(batches.GET('/api/batches/days', { params: { query } }))
  const cards = new Map(found.filter((line) => line.kind === 'approval').map((line) => [line.day, line.succeeded]))
  return Array.from({ length: TREND_DAYS }, (_, at) => {
    const day = dayAgo(TREND_DAYS - 1 - at)
    return { day, cards: cards.get(day) ?? 0 }
  })
}
