/**
 * The whole browser walk against a running server.
 * BASE: its address. ACCOUNTS: JSON file {name: {login, password}}. OUT: folder for the pictures.
 * Optional: KEY, a side's signing key file, to sign a waiting draft; DOCKET, a file to try an import with; ONLY, one part.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { keyHolderWalk, negotiatorWalk, operatorWalk, publicWalk } from './desk.mjs'
import { Walk, launch } from './page.mjs'
import { darkWalk, rateeWalk, raterWalk } from './rater.mjs'

const base = (process.env.BASE ?? 'http://127.0.0.1:8080').replace(/\/$/, '')
const out = process.env.OUT ?? 'walk-out'
const accounts = JSON.parse(readFileSync(process.env.ACCOUNTS ?? 'accounts.json', 'utf8'))
const only = process.env.ONLY

/** A file with nothing right in it still has to be answered in words. */
const docket = process.env.DOCKET ?? `${out}/docket.csv`

const browser = await launch()
const walk = new Walk(browser, { base, out })
if (!process.env.DOCKET) writeFileSync(docket, '\ufeff案号,法院\n1,2\n')
const sizes = new Set()
const part = async (name, task) => {
  if (only && only !== name) return
  console.log(name)
  try {
    await task()
  } catch (error) {
    walk.fail(name, error.stack ?? String(error))
  }
}
await part('rater', () => raterWalk(walk, accounts, 'zh-CN', sizes))
await part('rater-en', () => raterWalk(walk, { ...accounts, lawyer: accounts.lawyer2 ?? accounts.lawyer }, 'en', sizes))
await part('ratee', () => rateeWalk(walk, accounts, 'zh-CN'))
await part('ratee-en', () => rateeWalk(walk, accounts, 'en'))
for (const locale of ['zh-CN', 'en']) {
  await part(`public ${locale}`, () => publicWalk(walk, locale))
  await part(`desk ${locale}`, async () => {
    const key = locale === 'zh-CN' ? process.env.KEY : undefined
    await negotiatorWalk(walk, accounts.bar_negotiator, locale, key)
    await keyHolderWalk(walk, accounts.key_holder, locale)
    await operatorWalk(walk, accounts.operator, locale, docket)
  })
}
await part('dark', () => darkWalk(walk, accounts))
if (sizes.size > 0) walk.check('POST /box', sizes.size === 1, `sizes differ: ${[...sizes].join(', ')}`)
await browser.close()
console.log(`${walk.seen} pages looked at, ${walk.problems.length} problems, pictures in ${out}`)
process.exitCode = walk.problems.length === 0 ? 0 : 1
