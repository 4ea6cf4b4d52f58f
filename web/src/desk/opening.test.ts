/** Watching an opening: one look at a time, through failures, and not a moment longer than the page is there. */
import type { Opening } from '@shared/types'
import { enter } from '@shared/undrawn'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Watched, useOpening } from './opening'

let seen: Watched
let changes: number
let answers: (() => Promise<Response> | Response)[]
let asked: number

const stands = (state: Opening['state'], stage = 'waiting') =>
  Response.json({ state, stages: [{ stage: 'mix-bench', state: stage }], waiting: [] })

const show = () =>
  enter(() => {
    seen = useOpening('2026.bar_rates_bench', () => (changes += 1))
  })

beforeEach(() => {
  vi.useFakeTimers()
  ;[changes, answers, asked] = [0, [], 0]
  vi.stubGlobal('fetch', async () => {
    asked += 1
    const next = answers.length > 1 ? answers.shift() : answers[0]
    return next!()
  })
})
afterEach(() => vi.useRealTimers())
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('it looks again until nothing is under way any more', async () => {
  answers = [() => stands('closed', 'running'), () => stands('closed'), () => stands('closed', '-')]
  show()
  await pass(0)
  expect(asked).toBe(1)
  await pass(2_000)
  expect(asked).toBe(2)
  await pass(15_000)
  expect(asked).toBe(3)
  await pass(600_000)
  expect(asked).toBe(3)
})

test('a look that fails is said and does not end it', async () => {
  answers = [() => stands('closed'), () => Promise.reject(new TypeError()), () => stands('mixed')]
  show()
  await pass(16_000)
  expect(seen.lost.value).toMatchObject({ code: 'offline' })
  expect(seen.opening.value).toMatchObject({ state: 'closed' })
  await pass(16_000)
  expect(seen.lost.value).toBeNull()
  expect(seen.opening.value).toMatchObject({ state: 'mixed' })
  expect(changes).toBe(1)
})

test('whoever may not see it is not asked about it again', async () => {
  answers = [() => new Response('{}', { status: 403 })]
  show()
  await pass(600_000)
  expect([asked, seen.lost.value]).toEqual([1, null])
})

test('after the page is left nothing is asked and nothing is told', async () => {
  let answer: (response: Response) => void = () => undefined
  answers = [
    () => stands('closed'),
    () => new Promise<Response>((resolve) => (answer = resolve)),
    () => stands('mixed'),
  ]
  const leave = show()
  await pass(15_000)
  leave()
  answer(stands('mixed'))
  await pass(600_000)
  expect([asked, changes]).toEqual([2, 0])
  await seen.look()
  expect(asked).toBe(2)
})

test('looks never overlap, and one that is asked for sees what was done before it', async () => {
  let open = 0
  let most = 0
  const slow = (state: Opening['state']) => async () => {
    most = Math.max(most, ++open)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    open -= 1
    return stands(state)
  }
  answers = [slow('closed'), slow('mixed')]
  show()
  await pass(1_000)
  const both = Promise.all([seen.look(), seen.look()])
  await pass(20_000)
  await both
  expect(most).toBe(1)
  expect(seen.opening.value).toMatchObject({ state: 'mixed' })
  expect(changes).toBe(1)
})
