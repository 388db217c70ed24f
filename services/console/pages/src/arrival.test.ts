import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { tellArrivals } from './arrival'
import en from './i18n/en'
import { setLanguage } from './i18n'
import zh from './i18n/zh-CN'
import { router as ours } from './router'

function wordOf(messages: object, key: string): unknown {
  return key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], messages)
}

let router: Router

beforeEach(async () => {
  document.body.innerHTML = '<a href="#" id="menu">menu</a><main id="content" tabindex="-1"><h1>heading</h1><input></main>'
  const component = { render: () => null }
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component, meta: { title: 'menu.overview' } },
      { path: '/login', component, meta: { title: 'login.go', public: true } },
      { path: '/logs', component, meta: { title: 'log.title', seenTitle: 'log.titleSeen' } },
    ],
  })
  tellArrivals(router)
  await router.push('/')
})
afterEach(() => setLanguage('zh-CN'))

describe('arriving at a page', () => {
  it('names it in the window’s title, in either language', async () => {
    expect(document.title).toBe(`${zh.menu.overview} · ${zh.app.title}`)
    await setLanguage('en')
    expect(document.title).toBe(`${en.menu.overview} · ${en.app.title}`)
    await router.push('/logs')
    expect(document.title).toBe(`${en.log.titleSeen} · ${en.app.title}`)
  })

  it('takes the keyboard to its heading, but neither at first nor for another search', async () => {
    document.getElementById('menu')!.focus()
    await router.push('/?page=2')
    expect(document.activeElement?.id).toBe('menu')
    await router.push('/logs')
    expect(document.activeElement?.tagName).toBe('H1')
  })

  it('begins at the top, with the way past the menu, after logging in', async () => {
    await router.push('/login')
    document.getElementById('menu')!.focus()
    await router.push('/logs')
    expect(document.activeElement?.id).toBe('menu')
  })

  it('leaves it in a field the page has chosen', async () => {
    const field = document.querySelector('input')!
    field.focus()
    await router.push('/logs')
    expect(document.activeElement).toBe(field)
  })

  it('has a name for every page', () => {
    const pages = ours.getRoutes().filter((route) => route.children.length === 0)
    const keys = pages.flatMap(({ meta }) => [meta.title, meta.seenTitle ?? meta.title])
    expect(keys.filter((key) => key === undefined || [zh, en].some((messages) => typeof wordOf(messages, key) !== 'string'))).toEqual([])
    expect(keys.length).toBeGreaterThan(40)
  })
})
