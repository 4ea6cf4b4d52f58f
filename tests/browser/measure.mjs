/** How long Chromium takes for a token and for a sealed ballot, by the same code that `web/scripts/rounds.ts` measures in node. */
import { bundled } from '../../web/tools/lib.mjs'
import { cost } from './prove.mjs'

const DESK = { width: 1366, height: 768 }
/** A processor in a busy test run may be slow; whatever takes longer than this is not usable on a phone. */
const MOST_MS = 1000

export async function measured(walk) {
  const page = await walk.open(DESK)
  await walk.go(page, '/r/sign-in')
  // Evaluated through the debugger, which the page's own policy does not concern.
  await page.evaluate(await bundled('scripts/measure.ts', 'measuring'))
  const { token_ms, seal_ms, runs } = await page.evaluate('measuring.measure(20)')
  console.log(`  median of ${runs}: token of both sides ${token_ms} ms, sealing ${seal_ms} ms`)
  cost({ name: 'a token in the browser, both sides', value: token_ms, unit: 'ms' })
  cost({ name: 'a seal in the browser', value: seal_ms, unit: 'ms' })
  walk.check('measure', token_ms < MOST_MS, `a token takes ${token_ms} ms`)
  walk.check('measure', seal_ms < MOST_MS, `sealing takes ${seal_ms} ms`)
  await page.context().close()
}
