/** Figures as charts want them. */

const DAY = 86_400_000
// A chart of more days than pixels shows nothing.
const MOST_DAYS = 731

/** One entry for each day from the first to the last, also for those on which nothing happened. */
export function daysBetween<Day extends { day: string; cards: number }>(first: string, last: string, known: readonly Day[]) {
  const cards = new Map(known.map((one) => [one.day, one.cards]))
  const end = Date.parse(`${last}T00:00:00Z`)
  const start = Math.max(Date.parse(`${first}T00:00:00Z`), end - (MOST_DAYS - 1) * DAY)
  const count = Math.max(0, Math.round((end - start) / DAY) + 1)
  return Array.from({ length: count }, (_, at) => {
    const day = new Date(start + at * DAY).toISOString().slice(0, 10)
    return { day, cards: cards.get(day) ?? 0 }
  })
}

/** A comma-separated file that spreadsheets open as it is: with a mark of its encoding, and nothing they take for a formula. */
export function toCsv(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
    return `"${text.replaceAll('"', '""')}"`
  }
  return '\ufeff' + rows.map((row) => row.map(cell).join(',') + '\r\n').join('')
}
