/** When the operator may start an opening, and how long a stage still takes. */
import codesEn from '@shared/codes/en.json'
import codesZh from '@shared/codes/zh-CN.json'
import { i18n } from '@shared/i18n'
import sharedEn from '@shared/messages/en.json'
import sharedZh from '@shared/messages/zh-CN.json'
import type { Opening, Stage } from '@shared/types'
import { expect, test } from 'vitest'
import deskEn from './messages/en.json'
import deskZh from './messages/zh-CN.json'
import {
  canStart,
  isRunning,
  isWaiting,
  minutesLeft,
  refusedBy,
  restOf,
  troubleWords,
  waitedFor,
} from './stages'

const en = { ...sharedEn, ...deskEn, code: codesEn }
const zh = { ...sharedZh, ...deskZh, code: codesZh }
/** Codes that an agent gives to what the opening room shows. */
const AGENT_REFUSALS = [
  ...['request-refused', 'unknown-box', 'foreign-manifest', 'list-number', 'eligibility-malformed'],
  ...['known-invitation', 'home-changed', 'unknown-member', 'box-closed', 'box-open', 'log-forked'],
  ...['list-mismatch', 'other-side-missing', 'too-many-refused', 'box-dead'],
]

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

test('what an agent has refused is not waited for: it stopped, and can go on', () => {
  const refused = { side: 'bench', kind: 'shares', request: 'a', code: 'list-mismatch' } as const
  const open = { side: 'bar', kind: 'shares', request: 'a', code: null } as const
  const stopped = opening({ state: 'mixed', stages: [stage('failed')], waiting: [refused] })
  expect(isWaiting(stopped)).toBe(false)
  expect(canStart(stopped)).toBe(true)
  const both = opening({ state: 'mixed', stages: [stage('failed')], waiting: [refused, open] })
  expect(waitedFor(both)).toEqual([open])
  expect(refusedBy(both)).toEqual([refused])
  expect(canStart(both)).toBe(false)
})

test('an opened box waits for signatures until both are there', () => {
  const draft = (state: Stage['state']): Stage => ({ ...stage(state), stage: 'draft', side: null })
  expect(restOf(opening({ state: 'opened', stages: [draft('waiting')] }))).toBe('opened')
  expect(restOf(opening({ state: 'opened', stages: [draft('done')] }))).toBe('released')
  expect(restOf(opening({ state: 'dead', stages: [draft('done')] }))).toBe('dead')
})

test.each([
  ['en', en, /^The box .*ballots\. This/],
  ['zh-CN', zh, /^封存库[^ ]*。[^ ]*$/],
] as const)('two sentences stand apart as %s writes them', (locale, words, expected) => {
  i18n.global.setLocaleMessage(locale, words as never)
  i18n.global.locale.value = locale
  expect(troubleWords('box-closed')).toMatch(expected)
  i18n.global.locale.value = 'zh-CN'
})

test('every reason an agent can refuse for has words', () => {
  i18n.global.setLocaleMessage('zh-CN', zh as never)
  for (const code of AGENT_REFUSALS) expect(troubleWords(code), code).not.toBe(zh.stageCode.unknown)
})
