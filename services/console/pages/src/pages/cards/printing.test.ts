import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadMe } from '@/state/me'
import type { Card } from './card'
import { cardsToPrint, keepChosen } from './printing'

const card = (card_no: string, class_id: string | null, status = 'active') =>
  ({ card_no, class_id, status, reader_id: `reader-${card_no}`, masked_name: '张*', school_id: 'school' }) as Card

/** What the services have now. */
let me = 'user-a'
let cards: Card[] = []

function answer(url: URL): unknown {
  if (url.pathname === '/api/identity/me') return { id: me }
  const asked = url.searchParams
  if (url.pathname === '/api/cards') {
    const items = cards.filter((one) => (asked.has('class_id') ? one.class_id === asked.get('class_id') : one.card_no === asked.get('card_no')))
    return { items, total: items.length }
  }
  if (url.pathname === '/api/readers') {
    const items = cards.filter((one) => one.class_id === asked.get('class_id')).map((one) => ({ id: one.reader_id, name: '张三' }))
    return { items, total: items.length }
  }
  return { id: url.pathname.split('/').pop(), name: '张三' }
}

beforeEach(async () => {
  vi.stubGlobal('fetch', (request: Request) => Promise.resolve(Response.json(answer(new URL(request.url)))))
  me = 'user-a'
  await loadMe()
  cards = [card('1', 'one'), card('2', 'one'), card('3', 'two'), card('4', null)]
  keepChosen(cards.filter((one) => one.card_no !== '2'))
})
afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
  sessionStorage.clear()
})

const printed = async () => (await cardsToPrint({ chosen: '1' })).found.map((one) => one.card.card_no).sort()

describe('chosen cards', () => {
  it('are printed as they are now', async () => {
    expect(await printed()).toEqual(['1', '3', '4'])
    cards = [card('1', 'one', 'replaced'), card('2', 'one'), card('3', 'three'), card('4', null, 'suspended')]
    expect(await printed()).toEqual(['3', '4'])
  })

  it('leave nothing of a pupil in the window, and nothing for the next user', async () => {
    expect(JSON.stringify({ ...sessionStorage })).not.toMatch(/张|reader/)
    const kept = sessionStorage.getItem('schoolcard.print')!
    me = 'user-b'
    await loadMe()
    sessionStorage.setItem('schoolcard.print', kept)
    expect(await printed()).toEqual([])
  })
})
