/** Changes made by one click, without a form in which a refusal could be shown: it is told at the top of the page. */
import { problemOf, type Problem } from '@/api/problem'
import { useProblemText } from '@/i18n/problems'
import { tellDone, tellFailed } from '@/notify'

export function useAttempt() {
  const { inFull } = useProblemText()

  function tell(problem: Problem): void {
    tellFailed(inFull(problem))
  }

  /** True when it has been done; what was refused is told. What is no answer of a service is thrown. */
  async function attempt(work: () => Promise<unknown>, done = ''): Promise<boolean> {
    try {
      await work()
    } catch (error) {
      const problem = problemOf(error)
      if (problem === null) throw error
      tell(problem)
      return false
    }
    if (done !== '') tellDone(done)
    return true
  }

  return { tell, attempt }
}
