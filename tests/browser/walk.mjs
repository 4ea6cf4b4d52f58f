/**
 * The whole browser walk against a running demonstration, whose raters still have waiting cases.
 * BASE: its address. ACCOUNTS: the accounts.json it wrote. OUT: folder for the pictures.
 * Optional: HENGPING, the program, to hand over what waits at the relay; KEY, the bar's signing key file, to sign the draft
 * that waits; DOCKET, a file to try an import with; ONLY, the parts that begin so, by commas.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { auditWalk } from './audit.mjs'
import { keyHolderWalk, negotiatorWalk, operatorWalk, publicWalk } from './desk.mjs'
import { measured } from './measure.mjs'
import { Walk, launch } from './page.mjs'
import { papersWalk } from './papers.mjs'
import { prove } from './prove.mjs'
import { darkWalk, rateeWalk, raterWalk } from './rater.mjs'
import { reportWalk } from './report.mjs'
import { withdrawWalk } from './withdraw.mjs'

const written = JSON.parse(readFileSync(process.env.ACCOUNTS ?? 'demo-data/accounts.json', 'utf8'))
const base = (process.env.BASE ?? written.base).replace(/\/$/, '')
const out = process.env.OUT ?? 'target/walk'
const only = process.env.ONLY

/** `code` is what the account's association handed out; only raters have one. */
const account = (name) => ({
  login: written.logins[name],
  password: written.password,
  code: written.codes?.[name],
})
const beside = `${written.keys}/bar-signing.json`
const key = process.env.KEY ?? (existsSync(beside) ? beside : undefined)

/** A file with hardly anything right in it still has to be answered in words. */
mkdirSync(out, { recursive: true })
const docket = process.env.DOCKET ?? `${out}/docket.csv`
if (!process.env.DOCKET)
  writeFileSync(docket, '\ufeff案号,法院\r\n（2026）鲁0202民初号,市南法院\r\n')

/** Hands over what waits at the relay for a box, as it does itself once a day; undefined without the program. */
function relayHandOver() {
  const program = process.env.HENGPING
  const where = ['relay', 'hand-over', '--dir', written.relay_dir, '--closing']
  return program && ((box) => execFileSync(program, [...where, '--box', box]))
}
const handOver = relayHandOver()

const browser = await launch()
const walk = new Walk(browser, { base, relay: written.relay, out })
const part = async (name, task) => {
  if (only && !only.split(',').some((begin) => name.startsWith(begin))) return
  console.log(name)
  try {
    await task()
  } catch (error) {
    walk.fail(name, error.stack ?? String(error))
  }
}

/** Sizes of all posts to one box; each box has exactly one. */
const sizes = new Map()
await part('rater zh-CN', () => raterWalk(walk, account('lawyer'), 'zh-CN', sizes, handOver))
await part('rater en', () => raterWalk(walk, account('judge'), 'en', sizes, handOver))
for (const [box, seen] of sizes) {
  walk.check(`POST /box ${box}`, seen.size === 1, `sizes differ: ${[...seen].join(', ')}`)
}
const { tries, found, control } = walk.casts
const casts = { tries, limit: 0 }
prove({
  ...casts,
  name: '9 casts of a browser with cookie, authorization or referrer',
  found,
  control,
  control_at_least: 10,
})
prove({
  ...casts,
  name: '9 sizes of casts beyond one per box',
  found: [...sizes.values()].reduce((sum, seen) => sum + seen.size - 1, 0),
  // What the answers would show that no padding makes alike.
  control: walk.drafts.size - 1,
  control_at_least: 1,
})
for (const locale of ['zh-CN', 'en']) {
  await part(`ratee ${locale}`, () => rateeWalk(walk, account('judge'), locale))
  await part(`public ${locale}`, () => publicWalk(walk, locale))
  await part(`desk ${locale}`, async () => {
    // The Chinese walk goes up to the last step, the English one signs.
    const signing = { key, last: locale === 'en' }
    await negotiatorWalk(walk, account('bar_negotiator'), locale, signing)
    await keyHolderWalk(walk, account('bench_key_holder'), locale)
    await operatorWalk(walk, account('operator'), locale, docket)
  })
}
const people = {
  operator: account('operator'),
  negotiators: { bench: account('bench_negotiator'), bar: account('bar_negotiator') },
  keys: written.keys,
}
for (const locale of ['zh-CN', 'en'])
  await part(`papers ${locale}`, () => papersWalk(walk, people, locale))
const readers = {
  researcher: account('researcher'),
  coordinator: account('bar_coordinator'),
  negotiator: account('bench_negotiator'),
}
for (const locale of ['zh-CN', 'en'])
  await part(`audit ${locale}`, () => auditWalk(walk, readers, locale))
for (const locale of ['zh-CN', 'en'])
  await part(`report ${locale}`, () => reportWalk(walk, readers, locale))
await part('measure', () => measured(walk))
await part('dark', () => darkWalk(walk, account('judge')))
await part('withdraw', () => withdrawWalk(walk, { ...people, ...readers, judge: account('judge') }))
await browser.close()
console.log(`${walk.seen} pages looked at, ${walk.problems.length} problems, pictures in ${out}`)
process.exitCode = walk.problems.length === 0 ? 0 : 1
