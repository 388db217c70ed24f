/**
 * The session behind every request. Its tokens are cookies that no script can read; what is known here is only that it
 * has ended.
 *
 * A request that gets 401 waits for one renewal, shared by all requests and all windows, and is sent again. When the
 * session cannot be renewed the user is asked to log in where he is (`askToLogIn`), and then it is sent again: nothing
 * that was typed is lost.
 *
 * All windows of a browser share the cookies. So each request says for whom its page was opened, and when somebody else
 * has logged in meanwhile the services refuse it (409 `user_changed`) instead of doing it in the other's name.
 */
import { noConnection, readProblem } from './problem'

type LogIn = () => Promise<void>

const REFRESH = '/api/identity/refresh'
const WITHOUT_SESSION = ['/api/identity/login', '/api/identity/logout', REFRESH]

let askToLogIn: LogIn | null = null
let expected: string | null = null
let otherUser: () => void = () => location.reload()
let renewing: Promise<boolean> | null = null
let asking: Promise<void> | null = null

/** Who asks for name and password when a session ends in the middle of work; null: nobody does, requests fail. */
export function whenSessionEnds(ask: LogIn | null): void {
  askToLogIn = ask
}

/** The id of the user whose page this is; null: nobody's yet. */
export function expectUser(id: string | null): void {
  expected = id
}

/** What is done when the cookies have become somebody else's. */
export function whenUserChanges(leave: () => void): void {
  otherUser = leave
}

/** `fetch` for all services. Throws ApiProblem with status 0 when nobody answers. */
export async function sessionFetch(request: Request): Promise<Response> {
  if (expected !== null) request.headers.set('X-Expected-User', expected)
  const response = await carryOut(request)
  if (response.status === 409 && (await codeOf(response.clone())) === 'user_changed') otherUser()
  return response
}

async function carryOut(request: Request): Promise<Response> {
  const response = await send(request.clone())
  if (response.status !== 401 || WITHOUT_SESSION.includes(new URL(request.url).pathname)) return response
  if (await renew()) {
    const again = await send(request.clone())
    if (again.status !== 401) return again
  }
  if (askToLogIn === null) return response
  asking ??= askToLogIn().finally(() => {
    asking = null
  })
  await asking
  return send(request.clone())
}

/** True when the session goes on. */
export function renew(): Promise<boolean> {
  renewing ??= withLock(refresh).finally(() => {
    renewing = null
  })
  return renewing
}

async function codeOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null)
  return readProblem(response.status, body).code
}

async function refresh(): Promise<boolean> {
  const options = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: 'null' }
  const response = await send(new Request(new URL(REFRESH, location.origin), options))
  // 409: another window renewed it at this very moment, its cookies are ours too.
  if (response.status === 401) return false
  if (response.ok || response.status === 409) return true
  throw noConnection()
}

/** One window at a time, where the browser has locks (it has none for pages without https on another machine). */
async function withLock(work: () => Promise<boolean>): Promise<boolean> {
  const locks = (navigator as { locks?: LockManager }).locks
  return locks ? locks.request('schoolcard-session', work) : work()
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw noConnection()
  }
}
