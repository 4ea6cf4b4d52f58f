import { expect, test } from 'vitest'
import { length, oneLine } from './reply'

test('a text is counted in characters, as the server does', () => {
  expect(length('  说明。\n')).toBe(3)
  // One character outside the first plane has two units in JavaScript and counts once.
  expect(length('𠮷'.repeat(200))).toBe(200)
  expect(length(' \u3000\n')).toBe(0)
})

test('line breaks become blanks', () => {
  expect(oneLine(' 一\n\n 二\r\n三 ')).toBe('一 二 三')
})
