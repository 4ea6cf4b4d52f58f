/**
 * The whole browser walk against a running server.
 * BASE: its address. ACCOUNTS: JSON file {name: {login, password}}. OUT: folder for the pictures.
 */
import { readFileSync } from 'node:fs'
import { Walk, launch } from './page.mjs'
import { rateeWalk, raterWalk } from './rater.mjs'

const base = (process.env.BASE ?? 'http://127.0.0.1:8080').replace(/\/$/, '')
const out = process.env.OUT ?? 'walk-out'
const accounts = JSON.parse(readFileSync(process.env.ACCOUNTS ?? 'accounts.json', 'utf8'))
const only = process.env.ONLY

const browser = await launch()
const walk = new Walk(browser, { base, out })
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
if (sizes.size > 0) walk.check('POST /box', sizes.size === 1, `sizes differ: ${[...sizes].join(', ')}`)
await browser.close()
console.log(`${walk.seen} pages looked at, ${walk.problems.length} problems, pictures in ${out}`)
process.exitCode = walk.problems.length === 0 ? 0 : 1
