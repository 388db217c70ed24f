import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { currentUser, followUser, loadMe, logIn, logOut } from './me'

const A = { id: 'user-a', username: 'teacher-a' }
const B = { id: 'user-b', username: 'teacher-b' }
const reload = vi.fn()
const replace = vi.fn()

function answer(body: unknown, status = 200) {
  vi.stubGlobal('fetch', () => Promise.resolve(body === null ? new Response(null, { status }) : Response.json(body, { status })))
}

function inOtherWindow(newValue: string | null) {
  window.dispatchEvent(new StorageEvent('storage', { key: 'schoolcard.user', newValue }))
}

function backTo(persisted: boolean) {
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }))
}

followUser()
beforeEach(async () => {
  vi.stubGlobal('location', { origin: 'http://localhost:3000', reload, replace })
  answer(A)
  await loadMe()
  vi.clearAllMocks()
})
afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
  sessionStorage.clear()
  document.documentElement.style.display = ''
})

describe('who is logged in', () => {
  it('loads a page anew when somebody else logs in, or out, in another window', () => {
    inOtherWindow(A.id)
    expect(reload).not.toHaveBeenCalled()
    inOtherWindow(B.id)
    inOtherWindow(null)
    expect(reload).toHaveBeenCalledTimes(2)
  })

  it('loads a page anew that comes back after logging out', async () => {
    backTo(true)
    expect(reload).not.toHaveBeenCalled()
    answer(null, 204)
    await logOut()
    expect(replace).toHaveBeenCalledWith('/login')
    backTo(false)
    expect(reload).not.toHaveBeenCalled()
    backTo(true)
    expect(reload).toHaveBeenCalledOnce()
    expect(document.documentElement.style.display).toBe('none')
  })

  it('keeps nothing of the window for the next user, and all of it for the same one', async () => {
    sessionStorage.setItem('kept', '1')
    answer({ user: A })
    await logIn('teacher-a', 'x')
    expect(sessionStorage.getItem('kept')).toBe('1')
    answer({ user: B })
    await logIn('teacher-b', 'x')
    expect(currentUser.value?.id).toBe(B.id)
    expect(sessionStorage.getItem('kept')).toBeNull()
    sessionStorage.setItem('kept', '1')
    answer(null, 204)
    await logOut()
    expect(sessionStorage.getItem('kept')).toBeNull()
  })
})
