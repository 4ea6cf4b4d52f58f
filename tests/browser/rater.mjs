/** The rater's and the ratee's walk on a phone: sign in, activate, form, seal, receipt, check, change, recovery, result. */
import { publicWalk } from './desk.mjs'

export const PHONE = { width: 390, height: 844 }

export async function signIn(page, account) {
  await page.fill('input[name=login]', account.login)
  await page.fill('input[name=password]', account.password)
  await page.click('form button.primary, form button[type=submit]')
}

/** Answers every item: the first as not observed, the others by turns, and ends at the review. */
export async function fillIn(page, walk, pictures) {
  for (let n = 0; ; n++) {
    await page.waitForSelector('.question input[type=radio]')
    const radios = page.locator('.question input[type=radio]')
    if (n === 0 && pictures) {
      await page.click('.stick .primary')
      await page.waitForSelector('.missing')
    }
    await radios.nth(n === 0 ? 5 : n % 3).check()
    if (n === 2 && pictures) {
      await walk.look(page, 'rater-form', { full: false })
      await page.emulateMedia({ colorScheme: 'dark' })
      await walk.look(page, 'dark-rater-form', { full: false })
      await page.emulateMedia({ colorScheme: 'light' })
    }
    const small = await page.$$eval(
      '.level, .stick button',
      (nodes) => nodes.filter((x) => x.getBoundingClientRect().height < 46).length,
    )
    walk.check('form', small === 0, `${small} targets below 46 px`)
    const before = page.url()
    await page.click('.stick .primary')
    await page.waitForURL((url) => url.href !== before)
    if (page.url().endsWith('/review')) {
      const drafts = await page.evaluate(() =>
        Object.entries(localStorage)
          .filter(([key]) => key.includes('.draft.'))
          .map(([, text]) => text.length),
      )
      drafts.forEach((length) => walk.drafts.add(length))
      return
    }
  }
}

/** Whether the browser is at a cast: a preflight carries nothing. */
const isCast = (request) =>
  request.method() === 'POST' && new URL(request.url()).pathname === '/box'

/** Every cast goes to the relay, says nothing about who sends it, and has the one size of its box. */
export function watchCasts(walk, page, sizes) {
  const seen = { box: undefined }
  // Only what really left: a request made offline shows provisional headers that were never sent.
  page.on('requestfinished', async (request) => {
    const headers = await request.allHeaders()
    const betrays = ['cookie', 'authorization', 'referer'].filter((name) => name in headers)
    if (!isCast(request)) {
      // The control: the same look at what the page asks the platform for.
      if (betrays.includes('cookie')) walk.casts.control++
      return
    }
    walk.casts.tries++
    if (betrays.length > 0) walk.casts.found++
    walk.check('POST /box', betrays.length === 0, `carries ${betrays.join(', ')}`)
    const { origin } = new URL(request.url())
    walk.check('POST /box', origin === walk.relay, `goes to ${origin}, not to the relay`)
    const { box } = request.postDataJSON()
    seen.box = box
    sizes.set(box, (sizes.get(box) ?? new Set()).add(request.postData().length))
  })
  return seen
}

/** The activation page with a wrong code, then with the one the association handed out. */
async function activate(walk, page, code) {
  await page.waitForSelector('input[name=code]')
  await walk.look(page, 'rater-enrol')
  await page.fill('input[name=code]', '0'.repeat(20))
  await page.click('form button.primary')
  await page.waitForSelector('form [role=alert]')
  await walk.look(page, 'rater-enrol-refused')
  // As somebody may type it: small letters, spaces for hyphens.
  await page.fill('input[name=code]', code.toLowerCase().replace(/-/g, ' '))
  await page.click('form button.primary')
  await page.waitForSelector('.case')
  const kept = await page.evaluate(() => JSON.stringify(localStorage).toUpperCase())
  const plain = code.toUpperCase().replace(/[^0-9A-Z]/g, '')
  walk.check('activation', !kept.includes(plain), 'the code is kept on the device')
}

/** Until both agents have answered: one stamp and slip for a case at least, and the nym, of both sides. */
const tokensArrived = (page) =>
  page.waitForFunction(
    () =>
      Object.entries(localStorage).some(([key, text]) => {
        if (!key.includes('.tokens.')) return false
        const { nym, of } = JSON.parse(text)
        const whole = (tags) => tags.bench && tags.bar
        return whole(nym) && Object.values(of).some((each) => whole(each.stamp) && whole(each.slip))
      }),
    null,
    { timeout: 60_000 },
  )

/**
 * @param sizes collects, by box, the sizes of all posts to it.
 * @param handOver hands over what waits at the relay; without it the walk ends before the ballot is in the list.
 */
export async function raterWalk(walk, account, locale, sizes, handOver) {
  const page = await walk.open(PHONE, { locale })
  const posted = watchCasts(walk, page, sizes)
  await walk.go(page, '/r')
  await page.waitForSelector('form')
  await walk.look(page, 'rater-sign-in')
  await signIn(page, { ...account, password: 'wrong' })
  await page.waitForSelector('[role=alert]')
  await walk.look(page, 'rater-sign-in-refused')
  await signIn(page, account)
  await activate(walk, page, account.code)
  await walk.look(page, 'rater-list')
  await tokensArrived(page)

  await page.click('.case a.primary')
  await fillIn(page, walk, true)
  await walk.look(page, 'rater-review')
  await page.click('.stick .primary')
  await page.waitForSelector('.locks')
  await page.waitForTimeout(1700)
  await walk.look(page, 'rater-seal', { full: false })
  await page.waitForURL(/receipt$/)
  await walk.look(page, 'rater-receipt')
  await page.click('.card > button.primary')
  await page.waitForSelector('.checks')
  await walk.look(page, 'rater-receipt-checked')
  await page.waitForSelector('[data-step=pending]')
  const missing = await page.locator('.checks svg.square').count()
  walk.check('receipt', missing === 0, 'a delivered ballot is said to be missing')
  const drafts = await page.evaluate(() =>
    Object.keys(localStorage).filter((key) => key.includes('.draft.')),
  )
  walk.check('receipt', drafts.length === 0, 'a draft is left on the device')

  // A busy machine may disturb a measurement; a change can be made again.
  let sealed = Infinity
  for (let round = 0; round < 3 && sealed > SEAL_MS; round++) {
    await page.click('a[href*="/item/1"]')
    await fillIn(page, walk, false)
    sealed = await slowSeal(walk, page)
  }
  walk.check('seal', sealed <= SEAL_MS, `took ${sealed} ms on a slow processor`)
  const numbers = await page.evaluate(() =>
    Object.entries(localStorage)
      .filter(([key]) => key.includes('.casts.'))
      .flatMap(([, text]) => JSON.parse(text).map((record) => record.seq)),
  )
  walk.check('change', Math.max(...numbers) >= 2, 'the changed ballot has no second number')

  const receipt = page.url()
  await offline(walk, page)
  if (handOver) await accepted(walk, page, receipt, () => handOver(posted.box))
  await page.click('nav a[href$="/recovery"]')
  await walk.look(page, 'rater-recovery')
  await page.click('button.primary')
  await page.waitForSelector('.code')
  await walk.look(page, 'rater-recovery-code')
  const code = await page.$$eval('.code li', (nodes) => nodes.map((x) => x.textContent).join(' '))
  await page.click('button.primary')
  await page.waitForSelector('.case')
  await walk.look(page, 'rater-list-later')
  const recuse = page.locator('a[href$="/recuse"]')
  if ((await recuse.count()) > 0) {
    await recuse.last().click()
    await page.waitForSelector('fieldset')
    await walk.look(page, 'rater-recuse')
  }
  await page.context().close()
  await secondDevice(walk, account, locale, code)
}

const FORM_MS = 2000
const SEAL_MS = 1000

/** Seals on a processor six times slower; then opens a form anew on it. */
async function slowSeal(walk, page) {
  const debug = await page.context().newCDPSession(page)
  await debug.send('Emulation.setCPUThrottlingRate', { rate: 6 })
  const from = Date.now()
  const posted = page.waitForRequest(isCast)
  await page.click('.stick .primary')
  await posted
  const sealed = Date.now() - from
  await page.waitForURL(/receipt$/)
  const receipt = page.url()
  let ready = Infinity
  for (let round = 0; round < 3 && ready > FORM_MS; round++) {
    const opened = Date.now()
    await page.goto(receipt.replace('receipt', 'item/1'))
    await page.waitForSelector('.question input[type=radio]')
    ready = Date.now() - opened
  }
  walk.check('form', ready <= FORM_MS, `took ${ready} ms on a slow processor`)
  console.log(`  six times slower: sealed and posted in ${sealed} ms, form ready in ${ready} ms`)
  await debug.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await page.goto(receipt)
  await page.waitForSelector('.receipt')
  return sealed
}

const ACCEPTED_MS = 60_000

/** After the relay has handed over, the rater finds the own ballot below a checkpoint that both agents signed. */
async function accepted(walk, page, receipt, handOver) {
  handOver()
  await page.goto(receipt)
  const until = Date.now() + ACCEPTED_MS
  let found = 0
  while (found === 0 && Date.now() < until) {
    await page.click('.card > button.primary')
    await page.waitForSelector('[role=status] .checks')
    await page.waitForTimeout(1000)
    found = await page.locator('[data-step=accepted] svg.circle').count()
  }
  walk.check('receipt', found === 1, 'after the hand-over the own ballot is not accepted')
  await walk.look(page, 'rater-receipt-accepted')
}

/** Without a network the ballot is sealed and waits; when the network returns it is delivered by itself. */
async function offline(walk, page) {
  await page.click('a.secondary')
  await page.waitForSelector('.case a.primary')
  await page.click('.case a.primary')
  await fillIn(page, walk, false)
  await page.context().setOffline(true)
  await page.click('.stick .primary')
  await page.waitForURL(/receipt$/)
  await walk.look(page, 'rater-receipt-waiting')
  await page.context().setOffline(false)
  await page.waitForFunction(() => !JSON.stringify(localStorage).includes('queued'), null, {
    timeout: 15000,
  })
}

async function secondDevice(walk, account, locale, code) {
  const page = await walk.open(PHONE, { locale })
  await walk.go(page, '/r')
  await signIn(page, account)
  await page.waitForSelector('.notice')
  await walk.look(page, 'rater-code-needed')
  await page.click('nav a[href$="/recovery"]')
  await page.fill('textarea', code.slice(0, -1) + (code.endsWith('A') ? 'B' : 'A'))
  await page.click('button.primary')
  await page.waitForSelector('[role=alert]')
  await page.fill('textarea', code.toLowerCase())
  await walk.look(page, 'rater-recovery-enter')
  await page.click('button.primary')
  await page.waitForSelector('.case')
  await page.context().close()
}

export async function rateeWalk(walk, account, locale) {
  const page = await walk.open(PHONE, { locale })
  await walk.go(page, '/r')
  await signIn(page, account)
  await page.waitForSelector('nav a[href$="/result"]')
  await page.waitForSelector('.case, .empty')
  await page.click('nav a[href$="/result"]')
  await page.waitForSelector('.result, .empty')
  await walk.look(page, 'ratee-result')
  const paper = page.locator('a[href$="/paper"]')
  if ((await paper.count()) > 0) {
    await paper.first().click()
    await page.waitForSelector('.sheet')
    await walk.look(page, 'ratee-paper')
  }
  await page.context().close()
}

/** The dark set, in the pages with most on them. */
export async function darkWalk(walk, account) {
  await publicWalk(walk, 'zh-CN', true)
  const page = await walk.open(PHONE, { dark: true })
  await walk.go(page, '/r')
  await signIn(page, account)
  await page.waitForSelector('.case, .empty')
  await walk.look(page, 'dark-rater-list')
  await page.click('nav a[href$="/result"]')
  await page.waitForSelector('.result, .empty')
  await walk.look(page, 'dark-ratee-result')
  await page.context().close()
}
