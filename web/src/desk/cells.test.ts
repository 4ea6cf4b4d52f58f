import type { Cell } from '@shared/types'
import { expect, test } from 'vitest'
import { type Choice, byRule, byVerdict, chosen } from './cells'

const cell = (id: string, verdict: Cell['verdict'], rules: string[], subject = '鲁0202') =>
  ({ id, verdict, rules, subject, audience: 'public', scope: 'court' }) as Cell
const cells = [
  cell('c', 'withhold', ['R2']),
  cell('a', 'publish', ['R2', 'R7']),
  cell('b', 'withhold', ['R17', 'R2'], 'abc123'),
]
const all: Choice = { audience: '', scope: '', verdict: '', rule: '', subject: '' }
const ids = (choice: Partial<Choice>) => chosen(cells, { ...all, ...choice }).map((each) => each.id)

test('cells keep the order of the release whatever is chosen', () => {
  expect(ids({})).toEqual(['c', 'a', 'b'])
  expect(ids({ verdict: 'withhold' })).toEqual(['c', 'b'])
  expect(ids({ subject: ' ABC ' })).toEqual(['b'])
  expect(ids({ audience: 'sides' })).toEqual([])
})

test('a rule counts what it withheld, not what passed it', () => {
  expect(byRule(cells, all)).toEqual([
    ['R2', 2],
    ['R17', 1],
  ])
  expect(ids({ rule: 'R2' })).toEqual(['c', 'b'])
  expect(byRule(cells, { ...all, subject: '鲁' })).toEqual([['R2', 1]])
})

test('a chip counts what choosing it would show', () => {
  const counts = byVerdict(cells, { ...all, verdict: 'publish' })
  expect([counts.get(''), counts.get('withhold'), counts.get('publish')]).toEqual([3, 2, 1])
  for (const [rule, n] of byRule(cells, all)) expect(ids({ rule })).toHaveLength(n)
})
