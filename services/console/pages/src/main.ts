import { createApp } from 'vue'
import App from './App.vue'
import { problemOf } from './api/problem'
import { tellArrivals } from './arrival'
import { i18n, setLanguage, storedLanguage } from './i18n'
import { problemText } from './i18n/problems'
import { router } from './router'
import { followUser } from './state/me'
import './styles.css'

/** What no part of the pages has dealt with: a refusal is told, a fault of the pages is left to the browser's console. */
async function tellUnhandled(error: unknown): Promise<void> {
  const problem = problemOf(error)
  if (problem === null) {
    console.error(error)
    return
  }
  const { tellFailed } = await import('./notify')
  tellFailed(problemText(i18n.global).inFull(problem))
}

async function start(): Promise<void> {
  followUser()
  tellArrivals(router)
  await setLanguage(storedLanguage())
  const app = createApp(App).use(i18n).use(router)
  app.config.errorHandler = (error) => void tellUnhandled(error)
  window.addEventListener('unhandledrejection', (event) => {
    if (problemOf(event.reason) === null) return
    event.preventDefault()
    void tellUnhandled(event.reason)
  })
  app.mount('#app')
}

void start()
