/** What is to be printed: cards that were chosen, or all that match a search; each with its reader's full name. */
import { allPages, cards, readers, unwrap } from '@/api/client'
import { currentUser } from '@/state/me'
import { filterOf, emptySearch, type Card, type CardFilter, type CardSearch } from './card'

/** More is hours of cutting; the list says so. */
export const MOST_PRINTED = 1000

const STORED = 'schoolcard.print'
const PAGE = 200

export interface PrintedCard {
  card: Card
  name: string
}

export interface ToPrint {
  found: PrintedCard[]
  total: number
}

/**
 * Chosen cards do not fit in an address; their numbers and classes go from page to page in this window alone. Nothing of
 * a pupil is kept, and the cards are asked for anew: what has been replaced or closed meanwhile is not printed.
 */
interface Kept {
  user: string
  card_nos: string[]
  class_ids: string[]
}

export function keepChosen(chosen: readonly Card[]): void {
  const kept: Kept = {
    user: currentUser.value?.id ?? '',
    card_nos: chosen.map((card) => card.card_no),
    class_ids: [...new Set(chosen.map((card) => card.class_id).filter((id) => id !== null))],
  }
  sessionStorage.setItem(STORED, JSON.stringify(kept))
}

async function chosenCards(): Promise<Card[]> {
  const kept = JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Kept | null
  if (kept === null || kept.user !== currentUser.value?.id) return []
  const wanted = new Set(kept.card_nos)
  const ofClasses = await Promise.all(kept.class_ids.map((class_id) => allPages((page, page_size) => listCards({ class_id, page, page_size }))))
  const found = ofClasses.flat().filter((card) => wanted.delete(card.card_no))
  // Those of no class, or of another one by now.
  const others = await Promise.all([...wanted].map((card_no) => listCards({ card_no, page: 1, page_size: 1 })))
  return [...found, ...others.flatMap((one) => one.items)]
}

function listCards(query: CardFilter & { page: number; page_size: number }) {
  return unwrap(cards.GET('/api/cards', { params: { query } }))
}

/** The search in an address, as the list's own page writes it there. */
export function searchIn(query: Record<string, unknown>): CardFilter {
  const search = emptySearch()
  for (const key of Object.keys(search) as (keyof CardSearch)[]) {
    const value = query[key]
    if (typeof value === 'string') search[key] = value
  }
  return filterOf(search)
}

/** Living cards by class and name. Throws ApiProblem. */
export async function cardsToPrint(query: Record<string, unknown>): Promise<ToPrint> {
  const matching = query.chosen === '1' ? await chosenCards() : await matchingCards(searchIn(query))
  const living = matching.filter((card) => card.status === 'active' || card.status === 'suspended')
  const shown = living.slice(0, MOST_PRINTED)
  const names = await namesOf(shown)
  const found = shown.map((card) => ({ card, name: names.get(card.reader_id) ?? card.masked_name }))
  return { found: found.sort(byPlace), total: living.length }
}

async function matchingCards(search: CardFilter): Promise<Card[]> {
  const found: Card[] = []
  for (let page = 1; found.length <= MOST_PRINTED; page += 1) {
    const { items } = await listCards({ ...search, page, page_size: PAGE })
    found.push(...items)
    if (items.length < PAGE) break
  }
  return found
}

/** Cards know masked names alone; whoever may read the readers may print theirs in full. By reader. */
async function namesOf(shown: readonly Card[]): Promise<Map<string, string>> {
  const classes = new Set(shown.map((card) => card.class_id).filter((id) => id !== null))
  const classless = shown.filter((card) => card.class_id === null)
  const found = await Promise.all([
    ...[...classes].map((class_id) =>
      allPages((page, page_size) => unwrap(readers.GET('/api/readers', { params: { query: { class_id, status: 'carded', page, page_size } } }))),
    ),
    ...classless.map(async ({ reader_id }) => [await unwrap(readers.GET('/api/readers/{reader_id}', { params: { path: { reader_id } } }))]),
  ])
  return new Map(found.flat().map((reader) => [reader.id, reader.name]))
}

function byPlace(a: PrintedCard, b: PrintedCard): number {
  const place = ({ card }: PrintedCard) => `${card.school_id} ${card.grade_name ?? ''} ${card.class_name ?? ''}`
  const order = new Intl.Collator('zh-CN', { numeric: true })
  return order.compare(place(a), place(b)) || order.compare(a.name, b.name)
}

/** By school and class, in the order they come. */
export function byClass(found: readonly PrintedCard[]): PrintedCard[][] {
  const groups = new Map<string, PrintedCard[]>()
  for (const one of found) {
    const key = `${one.card.school_id} ${one.card.class_id ?? ''}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()]
}
