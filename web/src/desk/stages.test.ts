/** When the operator may start an opening, and how long a stage still takes. */
import type { Opening, Stage } from '@shared/types'
import { expect, test } from 'vitest'
import { canStart, isRunning, isWaiting, minutesLeft } from './stages'

const stage = (state: Stage['state'], done = 0): Stage => ({
  ...{ stage: 'mix-bench', side: 'bench', state, done, total: 700, code: null },
})
const opening = (change: Partial<Opening> = {}): Opening => ({
  ...{ box: 'b', state: 'closed', stages: [stage('not-yet')], waiting: [] },
  ...{ locks: { bench: 'shut', bar: 'shut' }, correcting: false, ...change },
})

test('an opening starts when the box is closed and nobody is at work or waited for', () => {
  expect(canStart(opening())).toBe(true)
  expect(canStart(opening({ state: 'mixed', stages: [stage('failed')] }))).toBe(true)
  for (const state of ['open', 'opened', 'dead', 'destroyed'] as const)
    expect(canStart(opening({ state }))).toBe(false)
  expect(canStart(opening({ state: 'opened', correcting: true }))).toBe(true)
  expect(canStart(opening({ stages: [stage('running')] }))).toBe(false)
  expect(canStart(opening({ stages: [stage('waiting')] }))).toBe(false)
  const waiting = [{ side: 'bench', kind: 'shares', request: 'a' }] as const
  expect(canStart(opening({ waiting: [...waiting] }))).toBe(false)
})

test('what is under way and what is waited for are told apart', () => {
  expect(isRunning(opening({ stages: [stage('running')] }))).toBe(true)
  expect(isWaiting(opening({ stages: [stage('running')] }))).toBe(false)
  expect(isWaiting(opening({ stages: [stage('waiting')] }))).toBe(true)
})

test('the time left follows the pace since the stage was first seen', () => {
  const first = { done: 100, at: 0 }
  expect(minutesLeft(first, stage('running', 100), 60_000)).toBeNull()
  expect(minutesLeft(first, stage('running', 300), 60_000)).toBe(2)
  expect(minutesLeft(first, stage('running', 699), 60_000)).toBe(1)
  expect(minutesLeft(first, stage('running', 300), 0)).toBeNull()
})
