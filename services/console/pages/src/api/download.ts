/** Files a service makes: fetched with the session, so that a failure is shown and not saved as a file. */
import { ApiProblem, readProblem } from './problem'
import { sessionFetch } from './session'

/** Saves the file under the name its answer gives, else under `fallback`. Throws ApiProblem. */
export async function download(path: string, query: Record<string, unknown>, fallback: string): Promise<void> {
  const url = new URL(path, location.origin)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') url.searchParams.set(name, String(value))
  }
  const response = await sessionFetch(new Request(url))
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => null)
    throw new ApiProblem(readProblem(response.status, body, response.headers))
  }
  save(await response.blob(), fileName(response.headers.get('content-disposition')) ?? fallback)
}

/** The name in a Content-Disposition (RFC 6266). */
export function fileName(header: string | null): string | null {
  const extended = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(header ?? '')?.[1]
  if (extended !== undefined) return decodeURIComponent(extended.trim())
  return /filename\s*=\s*"?([^";]+)"?/i.exec(header ?? '')?.[1]?.trim() ?? null
}

/** Saves what is at hand already. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // The browser has taken its copy when the click returns, but old ones only in the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
