/**
 * Problems in words: the services speak Chinese; for English there are the sentences of their stable codes. Where a page
 * knows what the Chinese sentence names (the number that is wrong, how many use it), the English one names it too.
 */
import { useI18n, type Composer } from 'vue-i18n'
import type { FieldProblem, Problem } from '@/api/problem'

/** What is known besides the problem, by the names that the sentences of `exactly` have for it; "" for nothing. */
export type Known = Readonly<Partial<Record<'value' | 'length' | 'count' | 'until', string | number>>>

export function useProblemText() {
  return problemText(useI18n())
}

/** For what is no component. */
export function problemText({ t, te, tm, locale }: Pick<Composer, 't' | 'te' | 'tm' | 'locale'>) {
  function translated(code: string, known: Known): string | null {
    if (locale.value === 'zh-CN' || code === '') return null
    const exactly = `exactly.${code}`
    if (te(exactly, locale.value) && names(String(tm(exactly))).every((name) => (known[name] ?? '') !== '')) return t(exactly, known)
    const key = `codes.${code}`
    return te(key, locale.value) ? t(key) : null
  }

  function sentence(problem: Problem): string {
    if (problem.status === 0) return t('problem.noConnection')
    return translated(problem.code, {}) ?? (problem.detail || problem.title || t('problem.unknown', { status: problem.status }))
  }

  /** What the user can do, where the sentence itself does not say it. */
  function advice(problem: Problem): string {
    if (problem.status === 0) return t('problem.adviceConnection')
    if (problem.status === 412) return t('problem.adviceStale')
    if (problem.status === 413) return t('problem.adviceTooLarge')
    if (problem.status === 429 || problem.status === 503) return t('problem.adviceLater')
    return ''
  }

  function fieldSentence(error: FieldProblem, known: Known = {}): string {
    const said = translated(error.code, known) ?? (error.detail || error.code)
    return error.row ? t('problem.row', { row: error.row, said }) : said
  }

  /** As in a list, away from its field: what is said of any field alike says which one it is. */
  function listed(error: FieldProblem): string {
    const said = fieldSentence(error)
    if (error.code !== 'malformed_value' || !error.field) return said
    const key = `importing.fields.${error.field}`
    return t('text.pair', { name: te(key) ? t(key) : error.field, value: said })
  }

  /** The first thing wrong with a field; "" for none. */
  function fieldError(problem: Problem | null, field: string): string {
    const found = problem?.errors.find((error) => error.field === field)
    return found ? fieldSentence(found) : ''
  }

  /** All of it in one paragraph, with the number to quote when asking for help. */
  function inFull(problem: Problem): string {
    const number = problem.requestId ? t('text.aside', { text: t('problem.requestId') + problem.requestId }) : ''
    return [sentence(problem), ...problem.errors.map(listed), advice(problem)].filter(Boolean).join(' ') + number
  }

  return { sentence, inFull, advice, fieldSentence, listed, fieldError }
}

function names(text: string): (keyof Known)[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as keyof Known)
}
