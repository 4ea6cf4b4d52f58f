/** One observed page: collects policy violations and console errors, looks for overflow, Latin words and axe findings. */
import { mkdirSync, readFileSync } from 'node:fs'
import { axePath, chromium } from '../../web/tools/lib.mjs'

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Words that stay Latin in Chinese pages: names of formats, algorithms and the other language. */
const LATIN = new Set(
  'English SHA RFC CSV XLSX JSON SVG Parquet UTF Ed25519 AES GCM HPKE TOML hengping analyse'.split(
    ' ',
  ),
)

export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS })

export class Walk {
  /** @param {{base: string, relay: string, out: string}} where */
  constructor(browser, { base, relay, out }) {
    Object.assign(this, { browser, base, relay, out, problems: [], seen: 0 })
    // What the walk finds of casts: how many, how many betray their sender, and how many other requests do.
    this.casts = { tries: 0, found: 0, control: 0 }
    this.drafts = new Set()
    this.own = new URL(base).origin
    mkdirSync(out, { recursive: true })
  }

  fail(where, what) {
    this.problems.push(`${where}: ${what}`)
    console.error(`  ✗ ${where}: ${what}`)
  }

  check(where, condition, what) {
    if (!condition) this.fail(where, what)
  }

  async open(size, { locale = 'zh-CN', dark = false } = {}) {
    const context = await this.browser.newContext({
      viewport: size,
      deviceScaleFactor: size.width < 600 ? 2 : 1,
      colorScheme: dark ? 'dark' : 'light',
      locale,
    })
    await context.addInitScript((chosen) => {
      localStorage.setItem('hengping.locale', chosen)
      window.__violations = []
      document.addEventListener('securitypolicyviolation', (event) =>
        window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      )
    }, locale)
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() !== 'error') return
      // A refusal the walk asked for (401, 404, 409) is logged by the browser itself and is no fault of the page.
      if (/status of (401|404|409|422)|ERR_INTERNET_DISCONNECTED/.test(message.text())) return
      this.fail(page.url(), `console: ${message.text()}`)
    })
    // A page may reach its own origin, and the relay with a sealed ballot; nothing else.
    page.on('request', (request) => {
      const { origin, pathname, protocol } = new URL(request.url())
      if (origin === this.own || protocol === 'data:') return
      const cast = origin === this.relay && pathname === '/box'
      this.check(page.url(), cast, `connects to ${origin}${pathname}`)
    })
    page.on('pageerror', (error) => this.fail(page.url(), `error: ${error.message}`))
    return Object.assign(page, { locale })
  }

  async go(page, path) {
    await page.goto(this.base + path)
    await page.waitForLoadState('networkidle')
  }

  /** Takes the picture of a page and asserts everything that must hold on every page. */
  async look(page, name, { full = true } = {}) {
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(150)
    const label = `${name} ${page.locale}`
    await page.screenshot({ path: `${this.out}/${name}.${page.locale}.png`, fullPage: full })
    this.seen += 1
    const overflow = await page.evaluate(() => {
      const width = document.documentElement.clientWidth
      if (document.documentElement.scrollWidth <= width) return ''
      const wide = [...document.querySelectorAll('body *')].filter(
        (node) => node.getBoundingClientRect().right > width + 1,
      )
      return wide
        .slice(0, 3)
        .map((node) => `${node.tagName}.${node.className}`)
        .join(', ')
    })
    this.check(label, !overflow, `horizontal overflow: ${overflow}`)
    const violations = await page.evaluate(() => window.__violations)
    this.check(label, violations.length === 0, `policy violations: ${violations.join('; ')}`)
    await this.#language(page, label)
    await this.#axe(page, label)
  }

  async #language(page, label) {
    const text = await page.evaluate(() => {
      const skip =
        'code, pre, .hash, .code, .file-name, [lang="en"], noscript, script, style, svg title'
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
      const out = []
      while (walker.nextNode()) {
        const node = walker.currentNode
        if (!node.parentElement.closest(skip)) out.push(node.textContent)
      }
      return out.join('\n')
    })
    if (page.locale === 'zh-CN') {
      const left = [...new Set(text.match(/[A-Za-z][A-Za-z0-9]{2,}/g) ?? [])].filter(
        (word) => !LATIN.has(word) && !/^R\d+$/.test(word),
      )
      this.check(label, left.length === 0, `Latin words in a Chinese page: ${left.join(', ')}`)
    }
    const raw =
      text
        .match(/\b[a-z]+(?:\.[a-zA-Z-]+){1,3}\b/g)
        ?.filter((word) => !/\.(csv|xlsx|json|svg|toml)$/.test(word)) ?? []
    this.check(label, raw.length === 0, `untranslated keys: ${raw.join(', ')}`)
    const forbidden = text.match(/投票|开箱|选票|计票/g) ?? []
    this.check(label, forbidden.length === 0, `words of an election: ${forbidden.join(', ')}`)
  }

  async #axe(page, label) {
    // Evaluated through the debugger, which the page's own policy does not concern.
    await page.evaluate(readFileSync(axePath, 'utf8'))
    const found = await page.evaluate(async () => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']
      const { violations } = await window.axe.run(document, {
        runOnly: { type: 'tag', values: tags },
      })
      return violations.map(
        (v) =>
          `${v.id} (${v.nodes
            .slice(0, 3)
            .map((n) => n.target.join(' '))
            .join(' | ')})`,
      )
    })
    this.check(label, found.length === 0, `axe: ${found.join('; ')}`)
  }
}
