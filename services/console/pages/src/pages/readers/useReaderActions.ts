/** What the toolbar does: 审核, 退回, 删除, 导出. */
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { ElMessageBox } from 'element-plus'
import { ifVersion, onceHeader, readers, unwrap } from '@/api/client'
import { download } from '@/api/download'
import { randomKey } from '@/api/idempotency'
import { problemOf, type Problem } from '@/api/problem'
import { useAttempt } from '@/composables/useAttempt'
import { formatNumber } from '@/i18n/format'
import { useProblemText } from '@/i18n/problems'
import { confirmed, tellDone, tellFailed } from '@/notify'
import { filterOf, type Reader, type ReaderSearch } from './reader'

// A card follows its approval within moments.
const WAIT = 500
const LOOKS = 30

export function useReaderActions(changed: () => Promise<void>) {
  const { t } = useI18n()
  const { inFull, fieldSentence } = useProblemText()
  const { attempt } = useAttempt()
  const busy = ref(false)

  async function run(work: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    try {
      await attempt(work)
    } finally {
      busy.value = false
    }
  }

  /** `isShown`: whether the reader is on the screen; somebody chosen on another page is named first. */
  function approve(reader: Reader, isShown: boolean): Promise<void> {
    return run(async () => {
      if (!isShown && !(await confirmed(t('reader.approveUnseenTitle'), t('reader.approveUnseenText', { name: reader.name }), t('reader.approve')))) return
      if (!(await mayLackConsent(reader))) return
      const options = { params: { path: { reader_id: reader.id } }, ...onceHeader(randomKey()) }
      let without = false
      try {
        without = (await unwrap(readers.POST('/api/readers/{reader_id}/approve', options))).without_consent
      } finally {
        await changed()
      }
      tellDone(t(without ? 'reader.approvedWithout' : 'reader.approvedOne', { name: reader.name }))
      void waitForCard(reader).then(tellCard)
    })
  }

  /** Asks where it is the school's to decide: what a withdrawal or the district forbids is refused, with the reason. */
  async function mayLackConsent({ name, consent }: Reader): Promise<boolean> {
    if (consent !== 'none') return true
    const { mode } = await unwrap(readers.GET('/api/readers/consent-setting'))
    if (mode === 'refuse') return true
    return confirmed(t('reader.approveWithoutTitle'), t('reader.approveWithoutText', { name }), t('reader.approve'))
  }

  /** The reader once it has its card or has been refused one; as it is when that takes unusually long. */
  async function waitForCard({ id }: Reader): Promise<Reader> {
    for (let look = 1; ; look += 1) {
      const found = await unwrap(readers.GET('/api/readers/{reader_id}', { params: { path: { reader_id: id } } }))
      if (found.status !== 'approved' || look === LOOKS) return found
      await new Promise((resolve) => window.setTimeout(resolve, WAIT))
    }
  }

  function tellCard({ name, status, card_no, reason, reason_code }: Reader): void {
    if (status === 'carded') tellDone(t('reader.cardedOne', { name, card: card_no }))
    else if (status === 'returned') tellFailed(t('reader.refusedOne', { name, reason: fieldSentence({ code: reason_code ?? '', detail: reason ?? '' }) }))
  }

  async function giveBack(reader: Reader): Promise<void> {
    const asked = await ElMessageBox.prompt(t('reader.returnReason'), t('reader.returnTitle', { name: reader.name }), {
      confirmButtonText: t('reader.giveBack'),
      cancelButtonText: t('dialog.cancel'),
      inputPlaceholder: t('reader.returnPlaceholder'),
      inputPattern: /^\s*\S[\s\S]{0,198}$/,
      inputErrorMessage: t('reader.returnReason'),
      closeOnClickModal: false,
    }).catch(() => null)
    if (asked === null) return
    await run(async () => {
      const body = { reason: asked.value.trim() }
      const options = { params: { path: { reader_id: reader.id } }, body, ...onceHeader(randomKey()) }
      await unwrap(readers.POST('/api/readers/{reader_id}/return', options))
      tellDone(t('reader.returned', { name: reader.name }))
      await changed()
    })
  }

  async function remove(chosen: readonly Reader[]): Promise<Reader[]> {
    const first = chosen.slice(0, 5).map((reader) => reader.name)
    const names = chosen.length > first.length ? t('reader.namesMore', { names: first.join(t('text.comma')) }) : first.join(t('text.comma'))
    const text = t('reader.deleteText', { count: chosen.length, names })
    const removed: Reader[] = []
    if (!(await confirmed(t('reader.deleteTitle'), text, t('reader.remove'), true))) return removed
    const refused: Problem[] = []
    await run(async () => {
      for (const reader of chosen) {
        const options = { params: { path: { reader_id: reader.id } }, ...ifVersion(reader.version) }
        try {
          await unwrap(readers.DELETE('/api/readers/{reader_id}', options))
          removed.push(reader)
        } catch (error) {
          const problem = problemOf(error)
          if (problem === null || problem.status === 0) throw error
          refused.push(problem)
        }
      }
      const [why] = refused
      if (why === undefined) tellDone(t('reader.deleted', { count: removed.length }))
      else tellFailed(t('reader.deletedSome', { count: removed.length, failed: refused.length, reason: inFull(why) }))
    })
    await changed()
    return removed
  }

  function exportAll(search: ReaderSearch): Promise<void> {
    return run(async () => {
      await download('/api/readers/export.xlsx', filterOf(search), 'readers.xlsx')
      tellDone(t('reader.exported'))
    })
  }

  /** With full numbers: asked about first, because a file outlives what is looked at. `count`: how many are found. */
  async function exportFull(search: ReaderSearch, count: number): Promise<void> {
    const text = t('reader.exportFullText', { count: formatNumber(count) })
    if (!(await confirmed(t('reader.exportFull'), text, t('reader.export'), true))) return
    await run(async () => {
      await download('/api/readers/export.xlsx', { ...filterOf(search), unmasked: true }, 'readers.xlsx')
      tellDone(t('reader.exported'))
    })
  }

  return { busy, approve, giveBack, remove, exportAll, exportFull }
}
