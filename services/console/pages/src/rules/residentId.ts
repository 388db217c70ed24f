/** Resident identity numbers (GB 11643-1999), checked while they are typed; the service has the last word. */

export type IdFault = 'id_missing' | 'id_length' | 'id_format' | 'id_checksum' | 'id_birth_date'

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

/** Half-width, upper case, without blanks. */
export function cleanId(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, '').toUpperCase()
}

/** The first thing wrong with a cleaned number; null for none. */
export function faultOf(number: string, today: Date = new Date()): IdFault | null {
  if (number === '') return 'id_missing'
  if (!/^[0-9X]*$/.test(number)) return 'id_format'
  if (number.length !== 18) return 'id_length'
  if (!/^[1-9][0-9]{16}[0-9X]$/.test(number)) return 'id_format'
  const born = birthDate(number)
  if (born === null || born > isoDay(today)) return 'id_birth_date'
  return checkCharacter(number.slice(0, 17)) === number[17] ? null : 'id_checksum'
}

/** The eighteenth character for seventeen digits (ISO 7064 MOD 11-2). */
export function checkCharacter(first17: string): string {
  const total = WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(first17[at]), 0)
  return CHECKS[total % 11]!
}

/** `2015-03-09`, as the number says; null while it says no day that exists. */
export function birthDate(number: string): string | null {
  const found = /^.{6}(\d{4})(\d{2})(\d{2})/.exec(number)
  if (found === null) return null
  const day = `${found[1]}-${found[2]}-${found[3]}`
  const date = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day) return null
  return Number(found[1]) < 1900 ? null : day
}

/** Whole years on a day. */
export function ageOn(born: string, today: Date = new Date()): number {
  const day = isoDay(today)
  return Number(day.slice(0, 4)) - Number(born.slice(0, 4)) - (day.slice(5) < born.slice(5) ? 1 : 0)
}

function isoDay(date: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(date)
}
