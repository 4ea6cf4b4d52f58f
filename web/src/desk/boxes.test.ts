/** What the pages say of a box whose keys are gone. */
import { afterEach, expect, test, vi } from 'vitest'
import { boxRecord } from './boxes'

afterEach(() => vi.unstubAllGlobals())

function served(box: object) {
  vi.stubGlobal('fetch', async (path: string) =>
    Response.json(path.endsWith('/counted') ? { counted: [], counts: { in: 3 } } : box),
  )
}

test.each([
  ['opened', true, 'dead'],
  ['opened', false, 'opened'],
  ['destroyed', true, 'destroyed'],
  ['closed', false, 'closed'],
])('a box that is %s and dead: %s is called %s', async (state, dead, expected) => {
  served({ id: '2026.bar_rates_bench', state, dead })
  expect((await boxRecord('2026.bar_rates_bench')).state).toBe(expected)
})

test('the counts of the opening are shown for a dead box too', async () => {
  served({ id: '2026.bar_rates_bench', state: 'opened', dead: true })
  expect((await boxRecord('2026.bar_rates_bench')).counted?.counts).toEqual({ in: 3 })
})
