/** The list that a page shows is the latest one asked for, by whoever is signed in. */
import { beforeEach, expect, test, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
const prepared = vi.fn()
vi.mock('./credentials', () => ({
  prepareCredentials: prepared,
  forgetCredentials: () => undefined,
}))

const { clearWork, loadWork } = await import('./loading')
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
