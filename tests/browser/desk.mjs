/** The public's, negotiator's, key holder's and operator's walk on a desk. */
import { readFileSync, writeFileSync } from 'node:fs'
import { signIn } from './rater.mjs'

const DESK = { width: 1366, height: 768 }
const PHONE = { width: 390, height: 844 }

/** Figures are loaded when they come into view; a picture of the whole page wants them all. */
const showFigures = (page) =>
  page.$$eval('img[loading=lazy]', (images) => images.forEach((image) => (image.loading = 'eager')))

/** Public pages, in whole and on a phone as well. */
export async function publicWalk(walk, locale, dark = false) {
  const name = dark ? 'dark-' : ''
  const page = await walk.open(DESK, { locale, dark })
  await walk.go(page, '/')
  await page.waitForSelector('#method')
  await showFigures(page)
  await walk.look(page, `${name}public`)
  // The second visit, which the server may answer with "not modified".
  await page.reload()
  await page.waitForSelector('#method')
  await page.click('nav a[href="/documents"]')
  await page.waitForSelector('.document')
  await walk.look(page, `${name}documents`)
  const links = page.locator('.document h2 a')
  for (let i = 0; i < (await links.count()); i++) {
    await links.nth(i).click()
    await page.waitForSelector('.paper footer')
    await walk.look(page, `${name}document-${i + 1}`)
    await page.click('.reading > p a')
    await page.waitForSelector('.document')
  }
  await page.click('nav a[href="/method"]')
  await page.waitForSelector('.steps')
  await walk.look(page, `${name}method`)
  await page.click('nav a[href="/periods"]')
  await page.waitForSelector('.ledger, .empty')
  await walk.look(page, `${name}periods`)
  await checkRecord(walk, page, 'periods')
  if (!dark) await walk.look(page, 'periods-checked')
  await walk.go(page, '/nowhere')
  await walk.look(page, `${name}lost`)
  await page.context().close()
  if (dark) return
  const phone = await walk.open(PHONE, { locale })
  await walk.go(phone, '/')
  await phone.waitForSelector('#method')
  await showFigures(phone)
  await walk.look(phone, 'public-phone')
  await phone.context().close()
}

/** Numbers add up, and the list of a box gives the root that both agents signed, both worked out by the page. */
async function checkRecord(walk, page, where) {
  if ((await page.locator('.ledger').count()) === 0) return
  const broken = await page.locator('.ledger .verdict svg.triangle').count()
  walk.check(where, broken === 0, 'a ledger does not add up')
  await page.click('.record .list button.plain')
  await page.waitForSelector('.record .list [role=status], .record .list [role=alert]')
  const unsound = await page.locator('.record .list [role=status] svg.triangle').count()
  walk.check(where, unsound === 0, 'a list does not fit its checkpoint')
}

async function enter(walk, account, locale, pictures = false) {
  const page = await walk.open(DESK, { locale })
  await walk.go(page, '/sign-in')
  if (pictures) {
    await walk.look(page, 'sign-in')
    await signIn(page, { ...account, password: 'wrong' })
    await page.waitForSelector('[role=alert]')
    await walk.look(page, 'sign-in-refused')
  }
  await signIn(page, account)
  await page.waitForSelector('.cards')
  return page
}

/** Release room: filters, pages, and with a key file the signature that the waiting draft lacks. */
export async function negotiatorWalk(walk, account, locale, signing) {
  const page = await enter(walk, account, locale, true)
  await walk.look(page, 'overview-negotiator')
  await page.click('nav a[href="/releases"]')
  await page.waitForSelector('table, .empty')
  await walk.look(page, 'releases')
  const draft = page.locator('tr', { has: page.locator('svg.triangle') }).locator('a')
  const first = (await draft.count()) > 0 ? draft.first() : page.locator('tbody a').first()
  if ((await first.count()) === 0) return page.context().close()
  await first.click()
  await page.waitForSelector('.room table')
  await walk.look(page, 'release-room')
  const all = await page.textContent('.room-foot p')
  await page.click('.chip >> nth=3')
  await walk.look(page, 'release-room-withheld')
  walk.check(
    'release room',
    (await page.textContent('.room-foot p')) !== all,
    'the filter changes nothing',
  )
  walk.check(
    'release room',
    (await page.locator('th[aria-sort], th button').count()) === 0,
    'a column can be sorted',
  )
  if (signing.key) await sign(walk, page, signing)
  await page.context().close()
}

async function sign(walk, page, { key: keyFile, last }) {
  const button = page.locator('.signing > button')
  const waits = (await button.count()) > 0
  walk.check('release room', waits, 'no draft waits for the signature of the bar')
  if (!waits) return
  await button.click()
  await page.waitForSelector('.sign-form')
  await page.waitForTimeout(400)
  const wrong = `${walk.out}/wrong-key.json`
  writeFileSync(
    wrong,
    readFileSync(keyFile, 'utf8').replace(
      /"side"\s*:\s*"(\w+)"/,
      (_, side) => `"side":"${side === 'bar' ? 'bench' : 'bar'}"`,
    ),
  )
  await page.setInputFiles('.sign-form input[type=file]', wrong)
  await page.click('.sign-form button')
  await page.waitForSelector('.sign-form [role=alert]')
  await walk.look(page, 'release-sign-refused', { full: false })
  await page.setInputFiles('.sign-form input[type=file]', keyFile)
  if (!last) return walk.look(page, 'release-sign', { full: false })
  await page.click('.sign-form button')
  await page.waitForSelector('.signing > button', { state: 'detached' })
  await page.waitForTimeout(400)
  const open = await page.locator('.signing svg.square').count()
  walk.check('release room', open === 0, 'a signature is missing after the last one was given')
  await walk.look(page, 'release-signed')
}

export async function keyHolderWalk(walk, account, locale) {
  const page = await enter(walk, account, locale)
  await page.click('nav a[href="/opening"]')
  await page.waitForSelector('.box .stages, .empty')
  await walk.look(page, 'opening-room')
  const boxes = await page.locator('.box').count()
  const drawn = await page.locator('.box svg.pair').count()
  walk.check('opening room', boxes === drawn, 'a box shows no locks')
  await checkRecord(walk, page, 'opening room')
  const start = await page.locator('.next .button, .rehearsals .button').count()
  walk.check('opening room', start === 0, 'a key holder is offered what the operator does')
  await page.context().close()
}

export async function operatorWalk(walk, account, locale, csv) {
  const page = await enter(walk, account, locale)
  await walk.look(page, 'overview-operator')
  await page.click('nav a[href="/docket"]')
  await page.waitForSelector('.upload')
  await page.waitForSelector('section .card + .card, .empty, table')
  await walk.look(page, 'docket')
  await page.setInputFiles('input[type=file]', csv)
  await page.click('.upload-side .button')
  await page.waitForSelector('.room-head')
  await walk.look(page, 'docket-dry-run')
  await page.click('nav a[href="/opening"]')
  await page.waitForSelector('.box, .empty')
  await page.waitForSelector('.box .stages, .empty')
  const close = page.locator('.box .button.close')
  if ((await close.count()) > 0) {
    await close.first().click()
    await page.waitForSelector('[role=dialog]')
    await page.waitForTimeout(400)
    await walk.look(page, 'opening-close', { full: false })
  }
  await page.context().close()
}
