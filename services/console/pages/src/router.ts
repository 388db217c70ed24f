/** Addresses of the pages, and who may see them. */
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import { currentUser, loadMe, type Me } from './state/me'

declare module 'vue-router' {
  interface RouteMeta {
    /** Who may see it; everybody who is logged in without it. */
    scopes?: Me['scope'][]
    public?: boolean
    /** The message that names the page; the frame alone has none. */
    title?: string
    /** Another one for districts and the city. */
    seenTitle?: string
  }
}

const shell = () => import('./layout/AppShell.vue')

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/login', component: () => import('./pages/LoginPage.vue'), meta: { title: 'login.go', public: true } },
    { path: '/print/poster/:id', name: 'poster', component: () => import('./pages/guardians/PosterPage.vue'), meta: { title: 'poster.title', scopes: ['school'] } },
    { path: '/print/consents/:classId', name: 'consent-forms', component: () => import('./pages/guardians/ConsentFormsPage.vue'), meta: { title: 'consentPage.print', scopes: ['school'] } },
    { path: '/print/cards', name: 'card-sheets', component: () => import('./pages/cards/CardSheetPage.vue'), meta: { title: 'cardSheet.title', scopes: ['school', 'district'] } },
    { path: '/print/hand-out', name: 'hand-out', component: () => import('./pages/cards/HandOutPage.vue'), meta: { title: 'handOut.title', scopes: ['school', 'district'] } },
    {
      path: '/',
      component: shell,
      children: [
        { path: '', name: 'overview', component: () => import('./pages/overview/OverviewPage.vue'), meta: { title: 'menu.overview' } },
        { path: 'readers', name: 'readers', component: () => import('./pages/readers/ReadersPage.vue'), meta: { title: 'reader.title', seenTitle: 'reader.titleSeen' } },
        { path: 'readers/:id', name: 'reader', component: () => import('./pages/readers/ReaderPage.vue'), meta: { title: 'reader.details' } },
        { path: 'batches', name: 'batches', component: () => import('./pages/batches/BatchesPage.vue'), meta: { title: 'batch.title' } },
        { path: 'batches/:no', name: 'batch', component: () => import('./pages/batches/BatchPage.vue'), meta: { title: 'batch.no' } },
        { path: 'registrations', name: 'registrations', component: () => import('./pages/guardians/RegistrationsPage.vue'), meta: { title: 'registration.title', scopes: ['school'] } },
        { path: 'registration-links', name: 'registration-links', component: () => import('./pages/guardians/LinksPage.vue'), meta: { title: 'links.title', scopes: ['school'] } },
        { path: 'consents', name: 'consents', component: () => import('./pages/guardians/ConsentsPage.vue'), meta: { title: 'consentPage.title', scopes: ['school'] } },
        { path: 'consent-text', name: 'consent-text', component: () => import('./pages/guardians/ConsentTextPage.vue'), meta: { title: 'consentText.title', scopes: ['district'] } },
        { path: 'cards', name: 'cards', component: () => import('./pages/cards/CardsPage.vue'), meta: { title: 'card.title' } },
        { path: 'cards/:no', name: 'card', component: () => import('./pages/cards/CardPage.vue'), meta: { title: 'readerPage.card' } },
        { path: 'card-figures', name: 'card-figures', component: () => import('./pages/cards/FiguresPage.vue'), meta: { title: 'cardFigures.title' } },
        { path: 'refunds', name: 'refunds', component: () => import('./pages/cards/RefundsPage.vue'), meta: { title: 'refund.title', scopes: ['district', 'city'] } },
        { path: 'privileges', name: 'privileges', component: () => import('./pages/cards/PrivilegesPage.vue'), meta: { title: 'privilege.title', scopes: ['district'] } },
        { path: 'logs', name: 'logs', component: () => import('./pages/logs/LogsPage.vue'), meta: { title: 'log.title', seenTitle: 'log.titleSeen' } },
        { path: 'grades', name: 'grades', component: () => import('./pages/params/GradesPage.vue'), meta: { title: 'params.gradesTitle', scopes: ['school'] } },
        { path: 'classes', name: 'classes', component: () => import('./pages/params/ClassesPage.vue'), meta: { title: 'params.classesTitle', scopes: ['school'] } },
        { path: 'schools', name: 'schools', component: () => import('./pages/schools/SchoolsPage.vue'), meta: { title: 'school.title', scopes: ['district', 'city'] } },
        { path: 'schools/:id', name: 'school', component: () => import('./pages/schools/SchoolPage.vue'), meta: { title: 'school.title', scopes: ['district', 'city'] } },
        { path: 'users', name: 'users', component: () => import('./pages/users/UsersPage.vue'), meta: { title: 'user.title', scopes: ['district', 'city'] } },
        { path: ':path(.*)*', name: 'nowhere', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'notFound.title' } },
      ],
    },
  ],
})

router.beforeEach(async (to) => {
  if (to.meta.public) return true
  const me = currentUser.value ?? (await loadMe())
  if (me === null) return { path: '/login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  if (to.meta.scopes && !to.meta.scopes.includes(me.scope)) return nowhere(to)
  return true
})

// A page opened before the console was renewed asks for files that are gone: loading it anew brings the new ones.
router.onError((error: Error, to) => {
  if (!isFileMissing(error) || sessionStorage.getItem(reloaded(to)) !== null) return
  sessionStorage.setItem(reloaded(to), '1')
  location.assign(to.fullPath)
})
// The console may be renewed again while this window is open.
router.afterEach((to, _from, failure) => {
  if (!failure) sessionStorage.removeItem(reloaded(to))
})

/** A page's own files did not come; browsers have no name for it but these. */
export function isFileMissing(error: Error): boolean {
  return /dynamically imported module|module script|Unable to preload/i.test(error.message)
}

function reloaded(to: RouteLocationNormalized): string {
  return `schoolcard.reloaded.${to.path}`
}

function nowhere(to: RouteLocationNormalized) {
  return { name: 'nowhere', params: { path: to.path.slice(1).split('/') }, query: to.query }
}

/** Where to go after logging in; only addresses of our own. */
export function nextAfterLogin(query: unknown): string {
  const wanted = typeof query === 'string' ? query : '/'
  return /^\/(?![/\\])/.test(wanted) && !wanted.startsWith('/login') ? wanted : '/'
}
