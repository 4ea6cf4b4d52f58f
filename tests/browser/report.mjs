/** A release on paper: printed to PDF in both languages, whose text is read back; and the pages around it. */
import { writeFileSync } from 'node:fs'
import { constants, inflateSync } from 'node:zlib'
import { extractText, getDocumentProxy } from '../../web/tools/lib.mjs'
import { signIn } from './rater.mjs'

const SIZES = { '': { width: 1366, height: 768 }, '-phone': { width: 390, height: 844 } }

/** What must be on the paper, as a reader would select it. */
const WORDS = {
  'zh-CN': [
    '双向互评结果',
    '谁可以看',
    '本结果不评价裁判是否正确，不得作为回避、上诉、申诉、再审、信访或投诉的依据；不作为考核、奖惩的唯一依据。',
  ],
  en: [
    'Results of the two-way evaluation',
    'Who may see this',
    'This result does not say whether a judgment is right.',
  ],
}
/** Said by the figures alone, as text inside their drawing. */
const DRAWN = { 'zh-CN': '青岛中院', en: 'Intermediate' }

/**
 * A font names a glyph by one of its characters: in Noto that of 青 is also the radical U+2ED8, and a dash is another dash. The
 * paper says in /ActualText which one was meant, which this reader does not look at, so both are brought to one here.
 */
const RADICALS = {
  '⻘': '青',
  '⻅': '见',
  '⻩': '黄',
  '⻓': '长',
  '⻆': '角',
  '⻚': '页',
  㬵: '胶',
}
const meant = (text) => text.replace(/[⻘⻅⻩⻓⻆⻚㬵]/g, (each) => RADICALS[each])

/** Print breaks lines and sets blanks where the page does not. */
const plain = (text) =>
  meant(text.normalize('NFKC'))
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\s+/g, '')

/** How often the paper says which character was meant. */
function actualTexts(pdf) {
  const bytes = Buffer.from(pdf)
  let found = 0
  for (let at = bytes.indexOf('stream\n'); at >= 0; at = bytes.indexOf('stream\n', at + 7)) {
    try {
      const part = inflateSync(bytes.subarray(at + 7), { finishFlush: constants.Z_SYNC_FLUSH })
      found += part.toString('latin1').split('/ActualText').length - 1
    } catch {
      // A part that is not deflated: a picture, a font's header.
    }
  }
  return found
}

async function text(pdf) {
  const document = await getDocumentProxy(new Uint8Array(pdf))
  const { totalPages, text: pages } = await extractText(document, { mergePages: false })
  // The words are set in one size on every page; what is shrunk to fit is cut at the edge too.
  const { items } = await (await document.getPage(1)).getTextContent()
  const size = Math.max(...items.filter(({ str }) => str.length > 20).map((each) => each.height))
  return {
    totalPages,
    size,
    raw: pages.join(''),
    pages: pages.map(plain),
    all: plain(pages.join('')),
  }
}

/** The report of the first release that is out. */
async function printed(walk, locale) {
  const page = await walk.open(SIZES[''], { locale })
  await walk.go(page, '/')
  const link = page.locator('.release .links a[href$="/report"]').first()
  await link.waitFor()
  const path = await link.getAttribute('href')
  const hash = path.split('/')[2]
  await walk.go(page, path)
  await page.waitForSelector('.report .rules')
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.report img')].every((image) => image.complete),
  )
  await walk.look(page, 'report')
  const rows = await page.$$eval('.report .figure tbody tr', (all) => all.length)
  const folded = await page.$$eval('.report .figure tbody tr.folded', (all) => all.length)
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true })
  writeFileSync(`${walk.out}/report.${locale}.pdf`, pdf)
  const found = await text(pdf)
  walk.check(`report ${locale}`, found.size > 8, `letters of ${found.size} pt: a page was shrunk`)
  const radicals = found.raw.match(/[\u2e80-\u2fdf]/g)?.length ?? 0
  const said = radicals === 0 || actualTexts(pdf) > 0
  walk.check(`report ${locale}`, said, 'no /ActualText says which character was meant')
  for (const words of WORDS[locale])
    walk.check(`report ${locale}`, found.all.includes(plain(words)), `not on paper: ${words}`)
  const everywhere = found.pages.filter((each) => each.includes(hash))
  walk.check(
    `report ${locale}`,
    everywhere.length === found.totalPages,
    `the hash is on ${everywhere.length} of ${found.totalPages} pages`,
  )
  const rowWords = await page.$$eval('.report .figure td, .report .figure th', (all) =>
    all.map((cell) => cell.textContent),
  )
  const lost = rowWords.filter((each) => !found.all.includes(plain(each)))
  walk.check(`report ${locale}`, lost.length === 0, `rows not on paper: ${lost.slice(0, 3)}`)
  await drawn(walk, page, found, locale)
  console.log(
    `  ${found.totalPages} pages, ${rows} rows of figures (${folded} folded on the screen)`,
  )
  await page.context().close()
}

/** The words inside the drawings are text too: printed without their tables they are still there. */
async function drawn(walk, page, whole, locale) {
  await page.$$eval('.figure-table, .report section:not(:has(.figure))', (all) =>
    all.forEach((each) => each.remove()),
  )
  const figures = await text(await page.pdf({ preferCSSPageSize: true }))
  const there = figures.all.includes(DRAWN[locale])
  walk.check(`report ${locale}`, there, 'the words inside the figures are no text')
  walk.check(`report ${locale}`, figures.all.length < whole.all.length, 'the tables were left')
}

/** The log of changes, and what a researcher and a coordinator have before them. */
async function pages(walk, { researcher, coordinator }, locale) {
  for (const [name, size] of Object.entries(SIZES)) {
    const page = await walk.open(size, { locale })
    await walk.go(page, '/changes')
    await page.waitForSelector('.day, .empty')
    await walk.look(page, `changes${name}`)
    const first = page.locator('.report .running')
    await page.locator('.day h3 a').first().click()
    await first.waitFor()
    await walk.look(page, `report-seen${name}`)
    await walk.go(page, '/sign-in')
    await signIn(page, researcher)
    await page.waitForSelector('.cards')
    await walk.go(page, '/research')
    await page.waitForSelector('main details')
    // The first walk agrees; later ones find the terms folded.
    const agree = page.locator('.terms > .button')
    if ((await agree.count()) > 0) {
      await walk.look(page, `research-terms${name}`)
      walk.check('research', (await page.locator('.citation').count()) === 0, 'more than titles')
      await agree.click()
    }
    await page.waitForSelector('.citation')
    await page.click('.lodge > .button')
    await walk.look(page, `research${name}`)
    await page.context().close()
  }
  const page = await walk.open(SIZES[''], { locale })
  await walk.go(page, '/sign-in')
  await signIn(page, coordinator)
  await page.waitForSelector('.cards')
  await walk.go(page, '/research')
  await page.waitForSelector('main .card')
  await walk.look(page, 'research-coordinator')
  await page.context().close()
}

/** The release room: chips by rule, a subject code by keyboard, the figures, and the form of a withdrawal. */
async function room(walk, negotiator, locale) {
  for (const [name, size] of Object.entries(SIZES)) {
    const page = await walk.open(size, { locale })
    await walk.go(page, '/sign-in')
    await signIn(page, negotiator)
    await page.waitForSelector('.cards')
    await walk.go(page, '/releases')
    await page
      .locator('tbody tr', { has: page.locator('svg.circle') })
      .last()
      .locator('a')
      .click()
    await page.waitForSelector('.room table')
    const chip = page.locator('.by-rule .chip').first()
    await chip.click()
    const shown = Number((await chip.textContent()).match(/([\d,]+)\s*$/)[1].replace(',', ''))
    const said = await page.textContent('.room-foot p')
    walk.check('release room', said.includes(String(shown)), `a chip says ${shown}: ${said}`)
    await walk.look(page, `release-room-rule${name}`)
    await chip.click()
    await page.keyboard.press('/')
    await page.keyboard.type('zzz')
    await page.waitForSelector('.none-found')
    await page.fill('input[type=search]', '')
    await page.locator('.withdrawals > .button').click()
    await page.locator('.figures button').first().click()
    await page.waitForSelector('.figures .figure')
    await page.$$eval('img[loading=lazy]', (all) =>
      all.forEach((image) => (image.loading = 'eager')),
    )
    await walk.look(page, `release-room-figures${name}`)
    await page.context().close()
  }
}

export async function reportWalk(walk, people, locale) {
  await printed(walk, locale)
  await pages(walk, people, locale)
  await room(walk, people.negotiator, locale)
}
