/** What officers look at before they sign: the fairness audit of a release, and the scorecard of a pilot with its conclusion. */
import { signIn } from './rater.mjs'

const SIZES = { '': { width: 1366, height: 768 }, '-phone': { width: 390, height: 844 } }

/** From the page of periods to the scorecard, its conclusion, and the audit of its first box. */
async function officer(walk, coordinator, locale, name) {
  const page = await walk.open(SIZES[name], { locale })
  await walk.go(page, '/sign-in')
  await signIn(page, coordinator)
  await page.waitForSelector('.cards')
  await walk.go(page, '/periods')
  await page.locator('.period a[href$="/scorecard"]').first().click()
  await page.waitForSelector('.conclusion article')
  const boxes = await page.locator('.boxes table').count()
  walk.check('scorecard', boxes === 2, `${boxes} boxes of two directions`)
  await walk.look(page, `scorecard${name}`)
  const scorecard = page.url()

  await page.locator('.conclusion article a').first().click()
  await page.waitForSelector('.paper footer')
  await walk.look(page, `conclusion${name}`)

  await walk.go(page, new URL(scorecard).pathname)
  await page.locator('.boxes a[href$="/fairness"]').first().click()
  await page.waitForSelector('.lines .subject')
  const subjects = await page.locator('.lines .subject').count()
  walk.check('fairness', subjects >= 8, `${subjects} subjects`)
  await walk.look(page, `fairness${name}`)
  const shown = () => page.locator('.lines tbody tr').count()
  const before = await shown()
  await page.locator('.more button').last().click()
  walk.check('fairness', (await shown()) > before, 'no line was unfolded')
  await walk.look(page, `fairness-all${name}`)
  await page.context().close()
}

/** Everybody finds a signed conclusion among the documents, and nobody else the audit. */
async function everybody(walk, locale) {
  const page = await walk.open(SIZES['-phone'], { locale })
  await walk.go(page, '/documents')
  await page.waitForSelector('.document')
  await walk.look(page, 'documents-phone')
  const status = await page.evaluate(async () => {
    const releases = await (await fetch('/api/releases')).json()
    return (await fetch(`/api/releases/${releases[0].hash}/fairness`)).status
  })
  walk.check('fairness', status === 401, `a visitor was answered ${status}`)
  await page.context().close()
}

export async function auditWalk(walk, { coordinator }, locale) {
  for (const name of Object.keys(SIZES)) await officer(walk, coordinator, locale, name)
  await everybody(walk, locale)
}
