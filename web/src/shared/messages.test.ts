/** Both languages hold the same keys and places, no page asks for a key nobody wrote, and codes are whole. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('..', import.meta.url))
const json = (path: string) => JSON.parse(readFileSync(`${source}${path}`, 'utf8'))

type Tree = { [key: string]: Tree | string }

const flat = (tree: Tree, prefix = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[prefix + key, value] as [string, string]]
      : flat(value, `${prefix}${key}.`),
  )

const sets = ['shared/messages', 'shared/codes', 'rater/messages', 'desk/messages']
const places = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()

test.each(sets)('%s: both languages hold the same keys and places', (set) => {
  const zh = new Map(flat(json(`${set}/zh-CN.json`)))
  const en = new Map(flat(json(`${set}/en.json`)))
  expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
  for (const [key, text] of zh) {
    const english = en.get(key) ?? ''
    expect(text.trim(), `${set} ${key}`).not.toBe('')
    // English may leave a number out of its forms for none and one; it never asks for another.
    const extra = places(english).filter((place) => !places(text).includes(place))
    expect(extra, `${set} ${key}`).toEqual([])
  }
})

test('no word of an election in Chinese, no Chinese in English', () => {
  for (const set of sets) {
    for (const [key, text] of flat(json(`${set}/zh-CN.json`))) {
      expect(text, key).not.toMatch(/投票|开箱|选票|计票/)
    }
    for (const [key, text] of flat(json(`${set}/en.json`))) {
      expect(text, key).not.toMatch(/[\u4e00-\u9fff]/)
    }
  }
})

test('every code says what happened and what to do next', () => {
  for (const [code, words] of Object.entries(json('shared/codes/zh-CN.json'))) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(Object.keys(words as object).sort(), code).toEqual(['next', 'what'])
  }
})

const files = (entry: string): string[] =>
  readdirSync(`${source}${entry}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(vue|ts)$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => `${entry}/${name}`)

/** Literal keys, and the fixed beginnings of keys put together from a code. */
function asked(text: string): { keys: string[]; prefixes: string[] } {
  const keys = [...text.matchAll(/\bte?\(\s*'([\w.-]+)'/g)].map((match) => match[1]!)
  const prefixes = [...text.matchAll(/\bte?\(\s*`([\w.-]+\.)\$\{/g)].map((match) => match[1]!)
  const named = [...text.matchAll(/\bnamed\(\s*'([\w.-]+)'/g)].map((match) => `${match[1]!}.`)
  return { keys, prefixes: [...prefixes, ...named] }
}

test.each(['rater', 'desk'])('%s: every key a page asks for is there', (entry) => {
  const known = ['shared/messages', `${entry}/messages`]
    .flatMap((set) => flat(json(`${set}/zh-CN.json`)).map(([key]) => key))
    .concat(flat(json('shared/codes/zh-CN.json')).map(([key]) => `code.${key}`))
  const shared = files('shared')
  for (const file of [...files(entry), ...shared]) {
    const { keys, prefixes } = asked(readFileSync(`${source}${file}`, 'utf8'))
    for (const key of keys) expect(known, `${file} asks for ${key}`).toContain(key)
    for (const prefix of prefixes) {
      const found = known.some((key) => key.startsWith(prefix))
      expect(found, `${file} asks for ${prefix}*`).toBe(true)
    }
  }
})
