/**
 * Full numbers, shown after a question because each look is logged; forgotten when the page is left, and when the reader
 * has been changed since: what was shown may not be theirs any more.
 */
import { shallowReactive } from 'vue'
import { useI18n } from 'vue-i18n'
import { onceHeader, readers, unwrap } from '@/api/client'
import { randomKey } from '@/api/idempotency'
import { useAttempt } from '@/composables/useAttempt'
import { confirmed } from '@/notify'
import type { Reader, Revealed } from './reader'

export function useReveal() {
  const { t } = useI18n()
  const { attempt } = useAttempt()
  const revealed = shallowReactive(new Map<string, { version: number; full: Revealed }>())

  async function reveal(reader: Reader): Promise<Revealed | null> {
    const text = t('reveal.text', { name: reader.name })
    if (!(await confirmed(t('reveal.title'), text, t('reveal.yes')))) return null
    const options = { params: { path: { reader_id: reader.id } }, ...onceHeader(randomKey()) }
    let full: Revealed | null = null
    await attempt(async () => {
      full = await unwrap(readers.POST('/api/readers/{reader_id}/reveal', options))
      revealed.set(reader.id, { version: reader.version, full })
    })
    return full
  }

  /** Null while they are hidden. */
  function fullOf(reader: Reader): Revealed | null {
    const kept = revealed.get(reader.id)
    return kept?.version === reader.version ? kept.full : null
  }

  async function toggle(reader: Reader): Promise<void> {
    const isShown = fullOf(reader) !== null
    revealed.delete(reader.id)
    if (!isShown) await reveal(reader)
  }

  return { fullOf, reveal, toggle }
}
