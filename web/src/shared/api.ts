/**
 * The pages' way to the server: JSON in, JSON out, refusals as `Refusal` with a stable code. `postCast` is apart:
 * it is the one request that must say nothing about who sends it.
 */
import { currentLocale } from './i18n'
import type { CastPost, Receipt } from './types'

/** A refusal (RFC 9457) or a failure to reach the server (`code` is then `offline`). */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail?: string,
    readonly problems?: { field?: string; code?: string; message?: string }[],
  ) {
    super(code)
  }
}

let signedOut = (): void => undefined

/** Says what to do when the server no longer knows the session. */
export function onSignedOut(todo: () => void): void {
  signedOut = todo
}

async function answer<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body as T
  const problem = (body ?? {}) as { code?: string; detail?: string; problems?: [] }
  const fallback = response.status >= 500 ? 'fault' : 'refused'
  throw new Refusal(problem.code ?? fallback, response.status, problem.detail, problem.problems)
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch {
    throw new Refusal('offline', 0)
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'Accept-Language': currentLocale() }
  const form = body instanceof FormData
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json'
  const payload = body === undefined ? undefined : form ? body : JSON.stringify(body)
  const init = { method, headers, body: payload, credentials: 'same-origin' as const }
  return known(answer<T>(await send(`/api${path}`, init)))
}

/** Notices that the session has ended. Only the platform's word counts for that, never the relay's. */
async function known<T>(body: Promise<T>): Promise<T> {
  return body.catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'sign-in-required') signedOut()
    throw error
  })
}

export const get = <T>(path: string) => call<T>('GET', path)
export const post = <T>(path: string, body?: unknown) => call<T>('POST', path, body)
export const remove = <T>(path: string) => call<T>('DELETE', path)

/** A small text file of the server's, such as the table of a figure. */
export async function getText(path: string): Promise<string> {
  const response = await send(`/api${path}`, { credentials: 'same-origin' })
  return response.ok ? response.text() : known(answer<string>(response))
}

/**
 * Posts a sealed ballot to the relay that the manifest names, without cookie, authorization or referrer. The same bytes
 * may be posted again.
 */
export async function postCast(relay: string, cast: CastPost): Promise<Receipt> {
  return answer<Receipt>(
    await send(`${relay}/box`, {
      method: 'POST',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(cast),
    }),
  )
}
