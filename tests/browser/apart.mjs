/**
 * Two raters while one side's agent is on a network of its own (`hengping demo --apart SIDE`): the lawyer waits for the
 * other side's answers, the judge for the own side's. Each ends in 已提交，待跨网确认, packages travel, and each is confirmed.
 * BASE, ACCOUNTS, OUT and HENGPING as in walk.mjs; HENGPING is needed here.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Walk, launch } from './page.mjs'
import { PHONE, fillIn, signIn, watchCasts } from './rater.mjs'

const written = JSON.parse(readFileSync(process.env.ACCOUNTS, 'utf8'))
const base = (process.env.BASE ?? written.base).replace(/\/$/, '')
const out = process.env.OUT ?? 'target/walk'
const program = process.env.HENGPING
/** A poll that found nothing is made again within a minute. */
const NEXT_POLL_MS = 75_000
const WORDS = {
  'zh-CN': { pending: '已提交，待跨网确认', confirmed: '双方网络已确认' },
  en: { pending: 'Sent, waiting for the other networks', confirmed: 'Confirmed by both networks' },
}

const run = (...parts) => execFileSync(program, parts, { encoding: 'utf8', stdio: 'pipe' })

/** Writes the agent's answers; false when it has none, which is no mishap. */
function said(unlock, back, expires) {
  try {
    run('agent', 'exchange', 'export', back, ...expires, ...unlock)
    return true
  } catch (error) {
    if (!String(error.stderr).includes('package-empty')) throw error
    return false
  }
}

/** A medium that travels: what waits goes to the agent, what it says comes back. */
function courier({ side, dir, passphrase }) {
  const bag = `${out}/packages`
  mkdirSync(bag, { recursive: true })
  const secret = `${bag}/passphrase`
  writeFileSync(secret, passphrase, { mode: 0o600 })
  const config = ['--config', written.config]
  const expires = ['--expires', '2100-01-01']
  const unlock = ['--dir', dir, '--passphrase-file', secret]
  let trips = 0
  return () => {
    trips += 1
    const back = `${bag}/${side}-${trips}.json`
    const sent = run('exchange', 'export', ...config, '--to', side, ...expires, '--dir', bag)
    run('agent', 'exchange', 'import', sent.slice(0, sent.indexOf('.json') + 5), ...unlock)
    if (said(unlock, back, expires)) run('exchange', 'import', ...config, back)
    return trips
  }
}

const handOver = (box) =>
  run('relay', 'hand-over', '--dir', written.relay_dir, '--closing', '--box', box)

class Rater {
  constructor(walk, name, locale) {
    Object.assign(this, { walk, name, locale, words: WORDS[locale] })
    const { logins, codes, password } = written
    this.account = { login: logins[name], code: codes[name], password }
  }

  look(what) {
    return this.walk.look(this.page, `apart-${this.name}-${what}`)
  }

  /** Signs in and sends the activation. */
  async begin() {
    this.page = await this.walk.open(PHONE, { locale: this.locale })
    this.posted = watchCasts(this.walk, this.page, new Map())
    await this.walk.go(this.page, '/r')
    await signIn(this.page, this.account)
    await this.page.waitForSelector('input[name=code]')
    await this.page.fill('input[name=code]', this.account.code)
    await this.page.click('form button.primary')
  }

  /** Fills in the first case up to the seal page. */
  async fillInFirst() {
    await this.page.waitForSelector('.case a.primary')
    await this.page.click('.case a.primary')
    await fillIn(this.page, this.walk, false)
    await this.page.click('.stick .primary')
  }

  /** What the receipt says after the lists were looked at. */
  async step() {
    await this.page.click('.card > button.primary')
    await this.page.waitForSelector('[role=status] .checks')
    await this.page.waitForTimeout(300)
    return this.page.locator('.checks li:nth-child(2) b').textContent()
  }

  async says(expected, when) {
    const step = await this.step()
    this.walk.check(`${this.name} ${when}`, step === expected, `the receipt says ${step}`)
  }
}

const browser = await launch()
const walk = new Walk(browser, { base, relay: written.relay, out })

async function apart() {
  const carry = courier(written.apart)
  const lawyer = new Rater(walk, 'lawyer', 'zh-CN')
  const judge = new Rater(walk, 'judge', 'en')

  // The lawyer's own agent answers at once, the other side's does not: the form is filled in and waits.
  await lawyer.begin()
  await lawyer.page.waitForSelector('.case .token svg.triangle')
  await lawyer.look('list')
  await lawyer.fillInFirst()
  await lawyer.page.waitForSelector('.number')
  await lawyer.look('seal-waiting')
  // The judge's own agent does not even know yet that it is asked.
  await judge.begin()
  await judge.page.waitForSelector('.card[role=status] svg.triangle')
  await judge.look('enrol-waiting')

  carry()
  // Nothing is done on either page: both go on by themselves.
  await lawyer.page.waitForURL(/receipt$/, { timeout: NEXT_POLL_MS })
  await judge.page.waitForURL(/\/r\/?$/, { timeout: NEXT_POLL_MS })
  await judge.page.waitForSelector('.case .token svg.triangle')
  carry()
  await judge.fillInFirst()
  await judge.page.waitForURL(/receipt$/, { timeout: NEXT_POLL_MS })

  for (const rater of [lawyer, judge]) {
    await rater.says(rater.words.pending, 'when the relay has it')
    handOver(rater.posted.box)
    await rater.says(rater.words.pending, 'when the batch waits for the agent')
    await rater.look('receipt-pending')
  }

  // First the stamps are checked, then the list is cosigned; a day each on a real site.
  for (const rater of [lawyer, judge]) {
    let step = ''
    while (step !== rater.words.confirmed && carry() < 12) step = await rater.step()
    await rater.says(rater.words.confirmed, 'when the packages have travelled')
    const accepted = await rater.page.locator('[data-step=accepted] svg.circle').count()
    walk.check(rater.name, accepted === 1, 'confirmed, and not accepted')
    await rater.look('receipt-confirmed')
  }
}

try {
  await apart()
} catch (error) {
  walk.fail('apart', error.stack ?? String(error))
}
await browser.close()
console.log(`${walk.seen} pages looked at, ${walk.problems.length} problems, pictures in ${out}`)
process.exitCode = walk.problems.length === 0 ? 0 : 1
