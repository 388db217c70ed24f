/** 退出登录, wherever it is asked for. */
import { useAttempt } from '@/composables/useAttempt'
import { logOut } from '@/state/me'

export function useLogOut(): () => Promise<void> {
  const { attempt } = useAttempt()
  return async () => void (await attempt(logOut))
}
