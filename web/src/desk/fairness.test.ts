/** The fairness audit in words: lines by subject, limits, and who has yet to note what. */
import { expect, test } from 'vitest'
import type { FairnessLine, Rubric } from '@shared/types'
import { i18n } from '@shared/i18n'
import zh from './messages/zh-CN'
import { isNoted, limitWords, lineName, lineValue, subjects } from './fairness'

i18n.global.setLocaleMessage('zh-CN', zh as never)

const line = (more: Partial<FairnessLine>): FairnessLine => ({
  subject: 'item_bias',
  part: 'reasons:outcome:against',
  value: -0.6,
  step: 0.1,
  interval: [-0.8, -0.4],
  limit: 0.25,
  standing: 'over',
  ...more,
})
const rubric = { items: [{ id: 'reasons', title: { zh: '裁判说理', en: 'Reasons' } }] } as Rubric

test('lines stand together by subject, those over their limit apart', () => {
  const lines = [line({}), line({ part: 'reasons:outcome:for', standing: 'within' })]
  const found = subjects([line({ subject: 'outcome', part: '' }), ...lines])
  expect(found.map((each) => [each.name, each.lines.length, each.over.length])).toEqual([
    ['outcome', 1, 1],
    ['item_bias', 2, 1],
  ])
})

test('a line says what it is about, its number with interval, and its limit', () => {
  expect(lineName(line({}), rubric)).toBe('裁判说理，结果不利')
  expect(lineValue(line({}))).toBe('−0.6（−0.8 至 −0.4）')
  expect(limitWords(line({}))).toBe('不超过 0.25')
  const share = line({
    subject: 'retaliation',
    part: '',
    value: null,
    band: '0.05-0.10',
    limit: 0.05,
  })
  expect([lineValue(share), limitWords(share)]).toEqual(['5–10%', '低于 5%'])
  expect(limitWords(line({ subject: 'connected', limit: 0.95 }))).toBe('不低于 95%')
  expect(lineValue(line({ value: null }))).toBe('')
})

test('both sides note what is over a limit, and nothing else waits', () => {
  const note = (side: 'bench' | 'bar') => ({ side, words: '已查阅', day: '2026-11-25' })
  expect(isNoted(undefined)).toBe(true)
  expect(isNoted({ over: [], notes: [] })).toBe(true)
  expect(isNoted({ over: ['gap'], notes: [note('bar')] })).toBe(false)
  expect(isNoted({ over: ['gap'], notes: [note('bar'), note('bench')] })).toBe(true)
})
