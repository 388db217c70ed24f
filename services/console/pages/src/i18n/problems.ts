/** Problems in words: the services speak Chinese; for English there are the sentences of their stable codes. */
import { useI18n } from 'vue-i18n'
import type { FieldProblem, Problem } from '@/api/problem'

export function useProblemText() {
  const { t, te, locale } = useI18n()

  function translated(code: string): string | null {
    const key = `codes.${code}`
    return locale.value !== 'zh-CN' && te(key, locale.value) ? t(key) : null
  }

  function sentence(problem: Problem): string {
    if (problem.status === 0) return t('problem.noConnection')
    return translated(problem.code) ?? (problem.detail || problem.title || t('problem.unknown', { status: problem.status }))
  }

  /** What the user can do, where the sentence itself does not say it. */
  function advice(problem: Problem): string {
    if (problem.status === 0) return t('problem.adviceConnection')
    if (problem.status === 412) return t('problem.adviceStale')
    if (problem.status === 413) return t('problem.adviceTooLarge')
    if (problem.status === 429 || problem.status === 503) return t('problem.adviceLater')
    return ''
  }

  function fieldSentence(error: FieldProblem): string {
    const said = translated(error.code) ?? (error.detail || error.code)
    return error.row ? t('problem.row', { row: error.row, said }) : said
  }

  /** The first thing wrong with a field; "" for none. */
  function fieldError(problem: Problem | null, field: string): string {
    const found = problem?.errors.find((error) => error.field === field)
    return found ? fieldSentence(found) : ''
  }

  /** All of it in one paragraph, with the number to quote when asking for help. */
  function inFull(problem: Problem): string {
    const number = problem.requestId ? t('text.aside', { text: t('problem.requestId') + problem.requestId }) : ''
    return [sentence(problem), ...problem.errors.map(fieldSentence), advice(problem)].filter(Boolean).join(' ') + number
  }

  return { sentence, inFull, advice, fieldSentence, fieldError }
}
