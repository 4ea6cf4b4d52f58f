import { expect, test } from 'vitest'
import { came, length, oneLine } from './reply'
import type { Objection, Side } from './types'

test('a text is counted in characters, as the server does', () => {
  expect(length('  说明。\n')).toBe(3)
  // One character outside the first plane has two units in JavaScript and counts once.
  expect(length('𠮷'.repeat(200))).toBe(200)
  expect(length(' \u3000\n')).toBe(0)
})

test('line breaks become blanks', () => {
  expect(oneLine(' 一\n\n 二\r\n三 ')).toBe('一 二 三')
})

test('what an objection came to names the side that let the last day pass', () => {
  const of = (outcome: Objection['outcome'], ...overdue: Side[]) =>
    came({ reason: 'not-handled', text: '', filed_on: '', decisions: [], outcome, overdue })
  expect(of(null)).toBeNull()
  expect(of('upheld')?.key).toBe('upheld')
  expect(of('rejected')?.key).toBe('rejected')
  expect(of('upheld', 'bar')).toEqual({ key: 'aloneUpheld', side: 'bar', other: 'bench' })
  expect(of('rejected', 'bench')).toEqual({ key: 'aloneRejected', side: 'bench', other: 'bar' })
  expect(of('lapsed', 'bench', 'bar')?.key).toBe('lapsed')
})
