/**
 * The whole browser walk against a running demonstration, whose raters still have waiting cases.
 * BASE: its address. ACCOUNTS: the accounts.json it wrote. OUT: folder for the pictures.
 * Optional: KEY, the bar's signing key file, to sign a waiting draft; DOCKET, a file to try an import with; ONLY, one part.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { keyHolderWalk, negotiatorWalk, operatorWalk, publicWalk } from './desk.mjs'
import { Walk, launch } from './page.mjs'
import { darkWalk, rateeWalk, raterWalk } from './rater.mjs'

const written = JSON.parse(readFileSync(process.env.ACCOUNTS ?? 'demo-data/accounts.json', 'utf8'))
const base = (process.env.BASE ?? written.base).replace(/\/$/, '')
const out = process.env.OUT ?? 'target/walk'
const only = process.env.ONLY

const account = (name) => ({ login: written.logins[name], password: written.password })
const beside = `${written.keys}/bar-signing.json`
const key = process.env.KEY ?? (existsSync(beside) ? beside : undefined)

/** A file with hardly anything right in it still has to be answered in words. */
mkdirSync(out, { recursive: true })
const docket = process.env.DOCKET ?? `${out}/docket.csv`
if (!process.env.DOCKET)
  writeFileSync(docket, '\ufeff案号,法院\r\n（2026）鲁0202民初号,市南法院\r\n')

const browser = await launch()
const walk = new Walk(browser, { base, out })
const part = async (name, task) => {
  if (only && only !== name) return
  console.log(name)
  try {
    await task()
  } catch (error) {
    walk.fail(name, error.stack ?? String(error))
  }
}

/** Sizes of all posts to one box; each box has exactly one. */
const sizes = new Map()
await part('rater zh-CN', () => raterWalk(walk, account('lawyer'), 'zh-CN', sizes))
await part('rater en', () => raterWalk(walk, account('judge'), 'en', sizes))
for (const [box, seen] of sizes) {
  walk.check(`POST /box ${box}`, seen.size === 1, `sizes differ: ${[...seen].join(', ')}`)
}
for (const locale of ['zh-CN', 'en']) {
  await part(`ratee ${locale}`, () => rateeWalk(walk, account('judge'), locale))
  await part(`public ${locale}`, () => publicWalk(walk, locale))
  await part(`desk ${locale}`, async () => {
    const signing = locale === 'zh-CN' ? key : undefined
    await negotiatorWalk(walk, account('bar_negotiator'), locale, signing)
    await keyHolderWalk(walk, account('bench_key_holder'), locale)
    await operatorWalk(walk, account('operator'), locale, docket)
  })
}
await part('dark', () => darkWalk(walk, account('judge')))
await browser.close()
console.log(`${walk.seen} pages looked at, ${walk.problems.length} problems, pictures in ${out}`)
process.exitCode = walk.problems.length === 0 ? 0 : 1
