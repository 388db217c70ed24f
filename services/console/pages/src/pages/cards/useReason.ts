/**
 * Why a card was suspended, replaced or closed: the reason that was chosen, and what was written beside it. Who took a
 * card that was handed out stands in the same place, as a sentence in Chinese whatever language it was chosen in.
 */
import { useI18n } from 'vue-i18n'
import { TAKERS } from './card'

export function useReason() {
  const { t, te, locale } = useI18n()

  function takenBy(taker: string, locale: string): string {
    return t('card.takenBy', { taker: t(`card.takers.${taker}`, {}, { locale }) }, { locale })
  }

  /** As it is kept. */
  function keptTaker(taker: string): string {
    return takenBy(taker, 'zh-CN')
  }

  /** `reason` is the service's word for the code, unless something else was written in its place. */
  function reasonOf({ reason_code, reason }: { reason_code?: string | null; reason?: string | null }): string {
    const key = `card.reasons.${reason_code}`
    const written = reason ?? ''
    if (!reason_code || !te(key, 'zh-CN')) {
      const taker = TAKERS.find((one) => written === keptTaker(one))
      return taker ? takenBy(taker, locale.value) : written
    }
    const isWord = written === '' || written === t(key, {}, { locale: 'zh-CN' })
    return isWord ? t(key) : t(key) + t('text.aside', { text: written })
  }

  return { reasonOf, keptTaker }
}
