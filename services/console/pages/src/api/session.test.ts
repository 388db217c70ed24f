import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem } from './problem'
import { expectUser, sessionFetch, whenSessionEnds, whenUserChanges } from './session'

const ask = (path = '/api/readers', init?: RequestInit) =>
  sessionFetch(new Request(new URL(path, 'http://localhost:3000'), init))

function answers(...statuses: number[]) {
  const fetched = vi.fn<(request: Request) => Promise<Response>>()
  for (const status of statuses) fetched.mockResolvedValueOnce(new Response(null, { status }))
  vi.stubGlobal('fetch', fetched)
  return fetched
}

beforeEach(() => vi.stubGlobal('location', { origin: 'http://localhost:3000' }))
afterEach(() => {
  whenSessionEnds(null)
  expectUser(null)
  vi.unstubAllGlobals()
})

describe('sessionFetch', () => {
  it('renews the session once and sends the request again', async () => {
    const fetched = answers(401, 200, 201)
    const response = await ask('/api/readers', { method: 'POST', body: '{"name":"a"}' })
    expect(response.status).toBe(201)
    expect(fetched.mock.calls.map(([request]) => new URL(request.url).pathname)).toEqual([
      '/api/readers',
      '/api/identity/refresh',
      '/api/readers',
    ])
    expect(await fetched.mock.calls[2]![0].text()).toBe('{"name":"a"}')
  })

  it('shares one renewal among many requests', async () => {
    let renewals = 0
    const seen = new Map<string, number>()
    vi.stubGlobal('fetch', async (request: Request) => {
      if (request.url.endsWith('/refresh')) {
        renewals += 1
        return new Response(null, { status: 200 })
      }
      const times = (seen.get(request.url) ?? 0) + 1
      seen.set(request.url, times)
      return new Response(null, { status: times === 1 ? 401 : 200 })
    })
    const found = await Promise.all(['/api/a', '/api/b', '/api/c'].map((path) => ask(path)))
    expect(found.map((response) => response.status)).toEqual([200, 200, 200])
    expect(renewals).toBe(1)
  })

  it('asks to log in where the session is over, then goes on', async () => {
    answers(401, 401, 200)
    const login = vi.fn(() => Promise.resolve())
    whenSessionEnds(login)
    expect((await ask()).status).toBe(200)
    expect(login).toHaveBeenCalledOnce()
  })

  it('takes another window’s renewal for its own', async () => {
    answers(401, 409, 200)
    expect((await ask()).status).toBe(200)
  })

  it('does not renew for a wrong password', async () => {
    const fetched = answers(401)
    expect((await ask('/api/identity/login', { method: 'POST', body: '{}' })).status).toBe(401)
    expect(fetched).toHaveBeenCalledOnce()
  })

  it('says when nobody answers', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')))
    await expect(ask()).rejects.toBeInstanceOf(ApiProblem)
  })

  it('says whose page asks, also when it asks again', async () => {
    expectUser('user-1')
    const fetched = answers(401, 200, 200)
    await ask('/api/readers', { method: 'POST', body: '{}' })
    expect([0, 2].map((at) => fetched.mock.calls[at]![0].headers.get('X-Expected-User'))).toEqual(['user-1', 'user-1'])
  })

  it('leaves the page when somebody else has logged in, and for no other conflict', async () => {
    const leave = vi.fn()
    whenUserChanges(leave)
    const fetched = answers()
    fetched.mockResolvedValueOnce(Response.json({ code: 'name_taken' }, { status: 409 }))
    fetched.mockResolvedValueOnce(Response.json({ code: 'user_changed' }, { status: 409 }))
    expect(((await (await ask()).json()) as { code: string }).code).toBe('name_taken')
    expect(leave).not.toHaveBeenCalled()
    expect(((await (await ask()).json()) as { code: string }).code).toBe('user_changed')
    expect(leave).toHaveBeenCalledOnce()
  })
})
