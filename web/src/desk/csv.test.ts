import { expect, test } from 'vitest'
import { readCsv } from './csv'

test('records come back with quotes, commas, line ends and the mark of spreadsheets', () => {
  const text = '\ufeff法院,值\r\n"a,b","say ""x"""\n,\n'
  expect(readCsv(text)).toEqual([
    ['法院', '值'],
    ['a,b', 'say "x"'],
    ['', ''],
  ])
})

test('what was disarmed for spreadsheets is read as it was', () => {
  expect(readCsv("a,'-0.4,'=1,it's,'b\n")).toEqual([['a', '-0.4', '=1', "it's", "'b"]])
})

test('nothing and broken files give no records', () => {
  expect(readCsv('')).toEqual([])
  expect(readCsv('"open,1\n')).toEqual([])
})
