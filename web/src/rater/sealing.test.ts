/** The seal page: it seals, it waits, it says that the case is gone, and it never stands still. */
import { Refusal } from '@shared/api'
import { enter } from '@shared/undrawn'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Sealing } from './sealing'

const stored = new Map<string, string>()
vi.stubGlobal('localStorage', {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
})
const cast = vi.fn(async () => undefined)
const load = vi.fn(async () => undefined)
vi.mock('./loading', () => ({ loadWork: load }))
vi.mock('./casting', async (real) => ({
  ...(await real<typeof import('./casting')>()),
  castBallot: cast,
}))

const { useSealing } = await import('./sealing')
const { writeDraft } = await import('./device')
const { work } = await import('./work')
const { session } = await import('@shared/session')

const rubric = 'f'.repeat(64)
const item = { id: 'one', state: 'issued', days_left: 9, slip: { rubric } }
let page: Sealing
let led: string[]
let leave: () => void

function show() {
  leave = enter(() => {
    page = useSealing('one', (to) => led.push(to))
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  stored.clear()
  led = []
  session.account = { id: 'a', login: 'a', name: 'a', roles: ['rater'], side: 'bar', number: 'n' }
  work.invitations = { items: [item] } as never
  work.box = { state: 'open', manifest: { body: { rubric } } } as never
  Object.assign(work, { notAdopted: [], ready: { one: true }, casts: [], enrolment: 'enrolled' })
  work.tokens.missing = []
  writeDraft('a', 'one', { answers: { notice: 5 } })
})
afterEach(() => {
  leave()
  vi.useRealTimers()
})
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('with tokens it seals at once and leads to the receipt', async () => {
  show()
  await pass(3_000)
  expect(cast).toHaveBeenCalledTimes(1)
  expect([page.stage.value, page.error.value, led]).toEqual(['sent', null, ['receipt']])
})

test('without a draft there is nothing to seal', async () => {
  stored.clear()
  show()
  await pass(3_000)
  expect(cast).not.toHaveBeenCalled()
  expect(led).toEqual(['waiting'])
})

test('a case that is gone when it is to be sealed is said to be gone', async () => {
  work.invitations!.items = []
  show()
  await pass(3_000)
  expect(page.error.value).toMatchObject({ code: 'invitation-gone' })
  expect([cast.mock.calls.length, led]).toEqual([0, []])
})

test('a case that goes while tokens are waited for is said to be gone, and not looked for any more', async () => {
  work.ready = {}
  show()
  await pass(0)
  expect(page.stage.value).toBe('waiting')
  await pass(60_000)
  expect(load).toHaveBeenCalledTimes(1)
  work.invitations = { items: [] } as never
  await pass(600_000)
  expect(page.error.value).toMatchObject({ code: 'invitation-gone' })
  expect(page.stage.value).toBe('sealing')
  expect(load).toHaveBeenCalledTimes(1)
})

test('tokens that come are used by themselves, once', async () => {
  work.ready = {}
  show()
  await pass(1_000)
  expect(cast).not.toHaveBeenCalled()
  work.ready = { one: true }
  await pass(3_000)
  expect(cast).toHaveBeenCalledTimes(1)
  expect(led).toEqual(['receipt'])
})

test('without a list the reason is why there is none', async () => {
  Object.assign(work, { invitations: null, ready: {}, error: new Refusal('offline', 0) })
  show()
  await pass(1_000)
  expect(page.error.value).toMatchObject({ code: 'offline' })
  work.error = null
})

test('a box that has closed is said at once, with or without tokens', async () => {
  work.ready = {}
  work.box!.state = 'closed'
  show()
  await pass(1_000)
  expect(page.error.value).toMatchObject({ code: 'box-closed' })
})
