/** Documents about a box on a desk and a phone: an extension, a correction, and a rehearsal up to its test ballots. */
import { signIn } from './rater.mjs'

const SIZES = { '': { width: 1366, height: 768 }, '-phone': { width: 390, height: 844 } }
const LONG_MS = 120_000

async function enter(walk, account, locale, size) {
  const page = await walk.open(size, { locale })
  await walk.go(page, '/sign-in')
  await signIn(page, account)
  await page.waitForSelector('.cards')
  return page
}

/** The room as one account sees it, at a size. */
async function room(walk, account, locale, size = SIZES['']) {
  const page = await enter(walk, account, locale, size)
  await walk.go(page, '/opening')
  await page.waitForSelector('.box .stages')
  return page
}

/** The form of an extension, with the platform's words about one that is no extension, and one that waits for signatures. */
async function extension(walk, negotiator, locale) {
  for (const [name, size] of Object.entries(SIZES)) {
    const page = await room(walk, negotiator, locale, size)
    const card = page.locator('.extensions').first()
    await card.locator('> .button').click()
    await walk.look(page, `extension-form${name}`)
    await card.locator('input[type=date]').fill('2026-01-01')
    for (const [n, words] of ['收件不足。', 'Too few ballots so far.'].entries())
      await card.locator('textarea').nth(n).fill(words)
    await card.locator('button[type=submit]').click()
    await card.locator('[role=alert]').waitFor()
    await card.locator('input[type=date]').fill('2030-01-31')
    await card.locator('button[type=submit]').click()
    await card.locator('article .button').first().waitFor()
    await walk.look(page, `extension-proposed${name}`)
    await page.context().close()
  }
}

async function correction(walk, negotiator, locale) {
  for (const [name, size] of Object.entries(SIZES)) {
    const page = await enter(walk, negotiator, locale, size)
    await walk.go(page, '/releases')
    await page.locator('tbody a').first().click()
    const card = page.locator('.corrections')
    await card.locator('> .button').click()
    await card.locator('textarea').fill('13702999999999999')
    await card.locator('button[type=submit]').click()
    await card.locator('[role=alert]').waitFor()
    await card.scrollIntoViewIfNeeded()
    await walk.look(page, `correction-form${name}`)
    await page.context().close()
  }
}

/** Signs every manifest in the room that lacks a side's signature. */
async function signManifests(walk, account, key, locale) {
  const page = await room(walk, account, locale)
  const missing = page
    .locator('.box .locks .button, .box .button.close')
    .filter({ hasNot: page.locator('dialog') })
  for (let left = await missing.count(); left > 0; left = await missing.count()) {
    await missing.first().click()
    await page.setInputFiles('.sign-form input[type=file]', key)
    await page.click('.sign-form > .button')
    await page.waitForSelector('.sign-form', { state: 'detached' })
    await page.waitForFunction(
      ([selector, before]) => document.querySelectorAll(selector).length < before,
      ['.box .button.close', left],
    )
  }
  await page.context().close()
}

/** A rehearsal begun, signed by both sides, and filled; whoever comes later finds it as it is. */
async function rehearse(walk, { operator, negotiators, keys }, locale) {
  const page = await room(walk, operator, locale)
  await page.click('.begin .button')
  await page.waitForSelector('.rehearsal', { timeout: LONG_MS })
  await walk.look(page, 'rehearsal-begun')
  for (const side of ['bench', 'bar'])
    await signManifests(walk, negotiators[side], `${keys}/${side}-signing.json`, locale)
  await page.reload()
  const put = page.locator('.rehearsal > .button')
  await put.first().waitFor()
  await put.first().click()
  await page.waitForSelector('.rehearsal dl', { timeout: LONG_MS })
  await page.context().close()
}

export async function papersWalk(walk, people, locale) {
  await extension(walk, people.negotiators.bar, locale)
  await correction(walk, people.negotiators.bar, locale)
  if (locale === 'zh-CN') await rehearse(walk, people, locale)
  for (const [name, size] of Object.entries(SIZES)) {
    const page = await room(walk, people.operator, locale, size)
    const shown = await page.locator('.rehearsal dl').count()
    walk.check('rehearsal', shown > 0, 'what was put in is not shown')
    await walk.look(page, `rehearsal${name}`)
    await page.context().close()
  }
}
