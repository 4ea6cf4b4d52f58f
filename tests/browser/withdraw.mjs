/**
 * A release taken back through the page: proposed by one side's coordinator, signed by both sides' officers with their key
 * files, and then said on every door. It changes what later parts would find, so it comes last.
 */
import { signIn } from './rater.mjs'

const SIZES = { '': { width: 1366, height: 768 }, '-phone': { width: 390, height: 844 } }
const SAID = {
  'zh-CN': '市南法院十月案件表有误，已由双方核实。',
  en: 'The October docket of one court was wrong, as both sides have checked.',
}
const REASON = { 'zh-CN': '所依据的数据有误', en: 'the data behind it were wrong' }

/** The release about judges of the regular period: the one that the walk's judge has a result in. */
async function about(walk) {
  const all = await (await fetch(`${walk.base}/api/releases`)).json()
  const out = all.filter((each) => each.state === 'released' && each.kind === 'regular')
  return out.find((each) => each.direction === 'bar_rates_bench')?.hash
}

async function room(walk, account, hash, locale, size) {
  const page = await walk.open(size, { locale })
  await walk.go(page, '/sign-in')
  await signIn(page, account)
  await page.waitForSelector('.cards')
  await walk.go(page, `/releases/${hash}`)
  await page.waitForSelector('.room table')
  return page
}

/** The form in every language and size; the last one is sent. */
async function propose(walk, coordinator, hash) {
  const kinds = Object.keys(SAID).flatMap((locale) => Object.keys(SIZES).map((n) => [locale, n]))
  for (const [n, [locale, name]] of kinds.entries()) {
    const page = await room(walk, coordinator, hash, locale, SIZES[name])
    await page.locator('.withdrawals > .button').click()
    const card = page.locator('.withdrawals form')
    await card.locator('textarea').nth(0).fill(SAID['zh-CN'])
    // A line break is a blank for whoever reads it.
    await card.locator('textarea').nth(1).fill(SAID.en.replace('wrong, ', 'wrong,\n'))
    await walk.look(page, `withdrawal-form${name}`)
    if (n === kinds.length - 1) {
      await card.locator('button[type=submit]').click()
      await page.locator('.withdrawals article').waitFor()
      const offered = await page.locator('.withdrawals article .button').count()
      walk.check('withdrawal', offered === 0, 'a coordinator is offered a signature')
      await walk.look(page, `withdrawal-proposed${name}`)
    }
    await page.context().close()
  }
}

/** Signs for a side with its key file, and returns how many say afterwards that the release no longer stands. */
async function sign(walk, account, key, hash, [locale, name]) {
  const page = await room(walk, account, hash, locale, SIZES[name])
  await page.locator('.withdrawals article .button').click()
  await page.waitForSelector('.sign-form')
  await page.waitForTimeout(400)
  const named = await page.textContent('.sign-form .whole')
  walk.check('withdrawal', named.trim() !== hash, 'the release is signed and not its withdrawal')
  await page.setInputFiles('.sign-form input[type=file]', key)
  const { x, width } = await page.locator('.sign-form').boundingBox()
  const fits = x >= 0 && x + width <= SIZES[name].width
  walk.check('withdrawal', fits, `the dialog of a signature is cut off: ${x} + ${width}`)
  await walk.look(page, `withdrawal-sign${name}`, { full: false })
  await page.click('.sign-form > .button')
  await page.waitForSelector('.sign-form', { state: 'detached' })
  await page.waitForTimeout(600)
  const bands = await page.locator('.withdrawn').count()
  await walk.look(page, `withdrawal-signed${name}`)
  await page.context().close()
  return bands
}

/** The public page, the log of changes and the ratee's own page say when and why; the content stays under it. */
async function said(walk, judge, hash, locale, name) {
  const page = await walk.open(SIZES[name], { locale })
  const says = async (where, selector) => {
    const text = (await page.locator(selector).first().textContent()).replace(/\s+/g, ' ')
    for (const words of [SAID[locale], REASON[locale]])
      walk.check(`withdrawal ${locale}`, text.includes(words), `${where} does not say: ${words}`)
  }
  await walk.go(page, '/')
  await page.waitForSelector('.release .withdrawn')
  await says('the public page', '.release .withdrawn')
  const kept = await page.locator('.release table tbody tr').count()
  walk.check('withdrawal', kept > 0, 'the content is gone')
  await walk.look(page, `withdrawn-public${name}`)
  await walk.go(page, '/changes')
  await page.waitForSelector('.day')
  await says('the log of changes', `.day .card:has-text("${REASON[locale]}")`)
  await walk.look(page, `withdrawn-changes${name}`)
  await walk.go(page, `/releases/${hash}/report`)
  await page.waitForSelector('.report .withdrawn')
  await walk.go(page, '/r')
  await signIn(page, judge)
  await page.waitForSelector('nav a[href$="/result"]')
  await page.waitForSelector('.case, .empty, input[name=code]')
  await page.click('nav a[href$="/result"]')
  await page.waitForSelector('.result .withdrawn')
  await says('the own page', '.result .withdrawn')
  await walk.look(page, `withdrawn-ratee${name}`)
  await page.context().close()
}

export async function withdrawWalk(walk, { coordinator, negotiators, keys, judge }) {
  const hash = await about(walk)
  walk.check('withdrawal', hash, 'no release about judges is out')
  if (!hash) return
  await propose(walk, coordinator, hash)
  const file = (side) => `${keys}/${side}-signing.json`
  const one = await sign(walk, negotiators.bench, file('bench'), hash, ['zh-CN', '-phone'])
  walk.check('withdrawal', one === 0, 'one signature takes something back')
  const both = await sign(walk, negotiators.bar, file('bar'), hash, ['en', ''])
  walk.check('withdrawal', both > 0, 'both signatures take nothing back')
  for (const locale of Object.keys(SAID))
    for (const name of Object.keys(SIZES)) await said(walk, judge, hash, locale, name)
}
