/** Cards of the last days, by the day each was issued, whether its reader was approved alone or in a batch. */
import { cards, unwrap } from '@/api/client'
import { dayAgo } from '@/i18n/format'

export interface TrendDay {
  day: string
  cards: number
}

export const TREND_DAYS = 30

/** One entry for each of the last thirty days, also for those on which nothing happened. */
export async function cardTrend(place: { school_id?: string; district?: string }): Promise<TrendDay[]> {
  const query = { from: dayAgo(TREND_DAYS - 1), to: dayAgo(0), ...place }
  const found = await unwrap(cards.GET('/api/cards/days', { params: { query } }))
  const issued = new Map(found.map((line) => [line.day, line.cards]))
  return Array.from({ length: TREND_DAYS }, (_, at) => {
    const day = dayAgo(TREND_DAYS - 1 - at)
    return { day, cards: issued.get(day) ?? 0 }
  })
}
