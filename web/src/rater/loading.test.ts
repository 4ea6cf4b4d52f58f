/** The list that a page shows is the latest one asked for, by whoever is signed in. */
import { beforeEach, expect, test, vi } from 'vitest'
import './storage.trial'

const prepared = vi.fn()
vi.mock('./credentials', () => ({
  prepareCredentials: prepared,
  forgetCredentials: () => undefined,
}))

const { clearWork, leaveDevice, loadWork } = await import('./loading')
const { readDraft, writeDraft } = await import('./device')
const { work } = await import('./work')
const { session } = await import('@shared/session')

let held: ((home: string) => void)[]
beforeEach(() => {
  held = []
  prepared.mockClear()
  clearWork()
  vi.stubGlobal('fetch', () => {
    const answer = new Promise<Response>((resolve) =>
      held.push((home) => resolve(Response.json({ box: '', period: null, home, items: [] }))),
    )
    return answer
  })
})

test('an earlier load that ends last changes nothing', async () => {
  const loads = [loadWork(), loadWork()]
  held[1]!('newer')
  await loads[1]
  held[0]!('earlier')
  await loads[0]
  expect(work.invitations).toMatchObject({ home: 'newer' })
  expect(prepared).toHaveBeenCalledTimes(1)
  expect(work.loading).toBe(false)
})

test('while the newer load is under way the page is loading', async () => {
  const loads = [loadWork(), loadWork()]
  held[0]!('earlier')
  await loads[0]
  expect([work.invitations, work.loading]).toEqual([null, true])
  held[1]!('newer')
  await loads[1]
  expect(work.loading).toBe(false)
})

test('a list that comes after signing out is not kept', async () => {
  const load = loadWork()
  clearWork()
  held[0]!('somebody')
  await load
  expect([work.invitations, work.loading]).toEqual([null, false])
  expect(prepared).not.toHaveBeenCalled()
})

test('whoever signs in next on this page does not find the list of the one before', async () => {
  const account = (id: string) => ({ id, login: id, name: id, roles: ['rater'] as never })
  session.account = account('a')
  const load = loadWork()
  held[0]!('of a')
  await load
  expect(work.invitations).toMatchObject({ home: 'of a' })
  // The server no longer knows the session: nobody has pressed anything.
  session.account = null
  expect(work.invitations).toBeNull()
  session.account = account('b')
  expect(work.invitations).toBeNull()
})

test('signing out that did not reach the server signs nobody out and is not passed over', async () => {
  session.account = { id: 'a', login: 'a', name: 'a', roles: ['rater'] }
  writeDraft('a', 'one', { answers: { notice: 5 } })
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError()))
  await expect(leaveDevice()).rejects.toThrow('offline')
  expect(session.account).toMatchObject({ id: 'a' })
  expect(readDraft('a', 'one')).toBeDefined()
  vi.stubGlobal('fetch', async () => new Response(null, { status: 204 }))
  await leaveDevice()
  expect(session.account).toBeNull()
  expect(readDraft('a', 'one')).toBeUndefined()
})
