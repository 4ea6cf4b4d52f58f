/**
 * What a first visit downloads, gzipped: the entry, everything it imports statically, and its styles. The rater's
 * budget also counts what sealing needs, so every chunk on the way of a ballot. The own result and the sheet that a ratee
 * prints are left out: they are loaded by the click that asks for them, months later, and by nothing else.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const DIST = new URL('../dist/', import.meta.url)
const BUDGETS = [
  { page: 'r/index.html', name: 'rater, sealing included', kb: 120, everything: true },
  { page: 'index.html', name: 'desk and public, first load', kb: 350, everything: false },
]

const size = (path) => gzipSync(readFileSync(new URL(path, DIST)), { level: 9 }).length

/** Files named by quotes in a chunk: static imports, and dynamic ones where `everything` is asked for. */
function references(path, everything) {
  const text = readFileSync(new URL(path, DIST), 'utf8')
  const found = new Set()
  const literal = /(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g
  for (const [, file] of text.matchAll(literal)) found.add(`assets/${file}`)
  if (everything) {
    for (const [, file] of text.matchAll(/["'`](?:\.\/|assets\/)([\w.-]+\.(?:js|css))["'`]/g)) {
      // The other language is loaded only when a reader turns to it, the own result when it is opened.
      if (!/^(en-|MyResult-|ResultCard-|ResultPaper-)/.test(file)) found.add(`assets/${file}`)
    }
  }
  return found
}

let failed = false
for (const { page, name, kb, everything } of BUDGETS) {
  const html = readFileSync(new URL(page, DIST), 'utf8')
  const files = new Set([page])
  const queue = [...html.matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.(?:js|css))"/g)].map(
    (m) => m[1],
  )
  while (queue.length > 0) {
    const file = queue.pop()
    if (files.has(file)) continue
    files.add(file)
    if (file.endsWith('.js')) queue.push(...references(file, everything))
  }
  const total = [...files].reduce((sum, file) => sum + size(file), 0) / 1024
  const verdict = total <= kb ? 'within' : 'OVER'
  console.log(`${name}: ${total.toFixed(1)} KB gz in ${files.size} files, ${verdict} ${kb} KB`)
  failed ||= total > kb
}
process.exitCode = failed ? 1 : 0
