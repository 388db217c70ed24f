/** Who is logged in. */
import { computed, shallowRef } from 'vue'
import { identity, unwrap } from '@/api/client'
import { ApiProblem } from '@/api/problem'
import { expectUser, whenUserChanges } from '@/api/session'
import type { components } from '@/api/types/identity'

export type Me = components['schemas']['User']

/** Who has logged in last in this browser: its other windows hear of it here. */
const LAST = 'schoolcard.user'

const me = shallowRef<Me | null>(null)

export const currentUser = computed(() => me.value)
export const isSchool = computed(() => me.value?.scope === 'school')
export const isDistrict = computed(() => me.value?.scope === 'district')
export const isCity = computed(() => me.value?.scope === 'city')

/**
 * Pages of somebody who is not logged in any more are loaded anew: those in other windows at once, those the browser has
 * kept for its Back button when they are shown again.
 */
export function followUser(): void {
  whenUserChanges(beginAnew)
  window.addEventListener('storage', (event) => {
    if (event.key === LAST && me.value !== null && event.newValue !== me.value.id) beginAnew()
  })
  window.addEventListener('pageshow', (event) => {
    if (event.persisted && me.value !== null && localStorage.getItem(LAST) !== me.value.id) beginAnew()
  })
}

function beginAnew(): void {
  // Until the new page is there, nothing is seen of the one that is somebody else's.
  document.documentElement.style.display = 'none'
  location.reload()
}

function become(user: Me): void {
  // What this window keeps is of who was logged in before.
  if (localStorage.getItem(LAST) !== user.id) sessionStorage.clear()
  me.value = user
  expectUser(user.id)
  localStorage.setItem(LAST, user.id)
}

/** Null when nobody is logged in. Throws ApiProblem when that cannot be found out. */
export async function loadMe(): Promise<Me | null> {
  try {
    become(await unwrap(identity.GET('/api/identity/me')))
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.problem.status !== 401) throw error
    me.value = null
  }
  return me.value
}

export async function logIn(username: string, password: string): Promise<Me> {
  const answer = await unwrap(identity.POST('/api/identity/login', { body: { username, password } }))
  become(answer.user)
  return answer.user
}

/** The session ends everywhere; what is shown here is forgotten by loading the page anew. */
export async function logOut(): Promise<void> {
  await unwrap(identity.POST('/api/identity/logout', { body: null }))
  sessionStorage.clear()
  localStorage.removeItem(LAST)
  location.replace('/login')
}

export async function changePassword(current: string, next: string): Promise<void> {
  const body = { current_password: current, new_password: next }
  become((await unwrap(identity.POST('/api/identity/me/password', { body }))).user)
}
