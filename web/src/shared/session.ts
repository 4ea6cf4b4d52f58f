/** Who is signed in, and in what surroundings (demonstration, pilot). One per page. */
import { reactive } from 'vue'
import { get, post, remove } from './api'
import type { Role, Session } from './types'

export const session = reactive<Session & { loaded: boolean }>({
  account: null,
  demo: false,
  today: '',
  pilot: false,
  loaded: false,
})

export async function refreshSession(): Promise<void> {
  Object.assign(session, await get<Session>('/session'), { loaded: true })
}

let first: Promise<void> | undefined

/** Asks once per page; a page may ask early, while its words are still on their way. */
export function ensureSession(): Promise<void> {
  if (session.loaded) return Promise.resolve()
  first ??= refreshSession()
    .catch(() => undefined)
    .finally(() => (first = undefined))
  return first
}

export async function signIn(login: string, password: string): Promise<void> {
  await post('/session', { login, password })
  await refreshSession()
}

export async function signOut(): Promise<void> {
  await remove('/session')
  session.account = null
}

export const hasRole = (...roles: Role[]): boolean =>
  roles.some((role) => session.account?.roles.includes(role))

/** Judges, lawyers and whoever else rates: their pages are those of the phone. */
export const isRater = (): boolean => hasRole('rater')

/** Ratees are the raters of the other direction; which form of address fits follows from the side. */
export const isJudge = (): boolean => isRater() && session.account?.side === 'bench'
