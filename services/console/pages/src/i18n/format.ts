/** Moments and numbers as people read them; the city's time wherever the browser is. */
import { i18n } from './index'

const ZONE = 'Asia/Shanghai'

function parts(moment: string, seconds: boolean): string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: ZONE,
    dateStyle: 'short',
    timeStyle: seconds ? 'medium' : 'short',
  })
  return format.format(new Date(moment))
}

/** `2026-09-01 08:30`, or with seconds; "" for none. */
export function formatMoment(moment: string | null | undefined, seconds = false): string {
  return moment ? parts(moment, seconds) : ''
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(i18n.global.locale.value).format(value)
}

/** A share as whole percents, never 100 % before all is done, never 0 % once something is. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return '0%'
  const percents = (part / whole) * 100
  if (part > 0 && percents < 1) return '<1%'
  return `${part < whole ? Math.min(99, Math.floor(percents)) : 100}%`
}

/** The day in the city, `2026-09-01`, some days ago. */
export function dayAgo(days: number): string {
  return parts(new Date(Date.now() - days * 86_400_000).toISOString(), false).slice(0, 10)
}
