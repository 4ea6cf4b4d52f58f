/** What must not be imported where: opening keys in a page, the desk in the phone, the component kit in either first load. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('..', import.meta.url))
const all = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(vue|ts)$/.test(name) && !/\.(test|d)\.ts$/.test(name),
)
const text = (name: string) => readFileSync(`${source}${name}`, 'utf8')

test('no page can open an envelope or speak for an agent', () => {
  const guilty = all.filter((name) => /\/(unseal|counterpart|trial|undrawn)['"]/.test(text(name)))
  // It serves tests only, and is one of the three itself.
  expect(guilty).toEqual(['shared/crypto/trial.ts'])
})

test('the phone uses neither the component kit nor the desk', () => {
  const guilty = all
    .filter((name) => name.startsWith('rater/') || name.startsWith('shared/'))
    .filter((name) => /element-plus|\/desk\//.test(text(name)))
  expect(guilty).toEqual([])
})

test('nothing asks for crypto.subtle, eval or inline styles', () => {
  for (const name of all) {
    expect(text(name), name).not.toMatch(/crypto\.subtle[.?[]|\beval\(|new Function|v-html/)
    expect(text(name), name).not.toMatch(/\sstyle="/)
  }
})

test('only one function posts to the box, to the relay, without cookie and referrer', () => {
  const posting = all.filter((name) => /\/box['"`],/.test(text(name)))
  expect(posting).toEqual(['shared/api.ts'])
  expect(text('shared/api.ts')).toMatch(
    /\$\{relay\}\/box`, \{[^}]*credentials: 'omit'[^}]*'no-referrer'/,
  )
})
