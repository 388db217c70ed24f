/** Why a card was suspended, replaced or closed: the reason that was chosen, and what was written beside it. */
import { useI18n } from 'vue-i18n'

export function useReason() {
  const { t, te } = useI18n()

  /** `reason` is the service's word for the code, unless something else was written in its place. */
  function reasonOf({ reason_code, reason }: { reason_code?: string | null; reason?: string | null }): string {
    const key = `card.reasons.${reason_code}`
    const written = reason ?? ''
    if (!reason_code || !te(key, 'zh-CN')) return written
    const isWord = written === '' || written === t(key, {}, { locale: 'zh-CN' })
    return isWord ? t(key) : t(key) + t('text.aside', { text: written })
  }

  return { reasonOf }
}
