/**
 * What a browser does by itself when it loads a page, and not when the router shows one: the window's title says which
 * page it is, and whoever works with the keyboard or a screen reader is taken to its heading (WCAG 2.4.2, 2.4.3).
 */
import { nextTick } from 'vue'
import { START_LOCATION, type Router } from 'vue-router'
import { setPageTitle } from './i18n'
import { isSchool } from './state/me'

export function tellArrivals(router: Router): void {
  router.afterEach(async (to, from, failure) => {
    if (failure) return
    const { title = '', seenTitle = title } = to.meta
    setPageTitle(isSchool.value ? title : seenTitle)
    // The first page, and the first one in the frame, begin at their top; another search is no other place.
    if (from === START_LOCATION || from.meta.public || to.path === from.path) return
    await nextTick()
    focusHeading()
  })
}

function focusHeading(): void {
  const content = document.getElementById('content')
  // A field the page itself has taken the focus to is where one goes on.
  if (content === null || (document.activeElement !== content && content.contains(document.activeElement))) return
  const heading = content.querySelector<HTMLElement>('h1') ?? content
  heading.tabIndex = -1
  heading.focus({ preventScroll: true })
}
