/**
 * Compiles the message files at build time into the small trees vue-i18n's runtime reads, so that no page carries the
 * message compiler. Places in the source file are left out; a sentence with nothing to fill in is one static node.
 */
import { baseCompile } from '@intlify/message-compiler'
import type { Plugin } from 'vite'

const FILES = /\/(?:messages|codes)\/[\w-]+\.json$/
const SPECIAL = /[{}|@]/
const PLACES = new Set(['start', 'end', 'loc'])

type Tree = { [key: string]: Tree | string }

function compile(tree: Tree): unknown {
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [
      key,
      typeof value === 'string' ? message(key, value) : compile(value),
    ]),
  )
}

function message(key: string, text: string): unknown {
  if (!SPECIAL.test(text)) return { t: 0, b: { t: 2, i: [], s: text } }
  const onError = (error: Error) => {
    throw new Error(`${key}: ${error.message}: ${text}`)
  }
  const { ast } = baseCompile(text, { jit: true, minify: true, mangle: true, onError } as object)
  return JSON.parse(JSON.stringify(ast, (name, part) => (PLACES.has(name) ? undefined : part)))
}

/**
 * Codes of steps that only officers, operators and programs ask for, and of requests that no page makes. The phone leaves them out; should one reach it, the
 * server's own words stand in their place.
 */
const OFFICERS_ONLY = new Set([
  'key-unreadable',
  'key-opening',
  'key-other-side',
  'key-not-pinned',
  'login-taken',
  'role-side',
  'password-length',
  'period-refused',
  'draft-foreign',
  'nothing-valid',
  'draw-committed',
  'draw-not-ready',
  'draw-refused',
  'keys-enrolled',
  'keys-not-ready',
  'already-signed',
  'too-few-ballots',
  'counterpart-open',
  'batch-malformed',
  'batch-waiting',
  'extension-refused',
  'extension-late',
  'correction-refused',
  'release-corrected',
  'reply-open',
  'no-window',
  'objection-decided',
  'purpose-refused',
  'withdrawal-refused',
  'release-withdrawn',
  'data-use-first',
  'notice-refused',
  'rehearsal-only',
  'relay-away',
  'other-side',
  'file-too-large',
  'document-malformed',
  'token-refused',
  'box-with-session',
  'method-not-allowed',
  'body-too-large',
  'unsupported-media-type',
  'agents-not-ready',
  'not-in-force',
  'file-unreadable',
])

export function messages(mode: string): Plugin {
  const mine = (id: string, tree: Tree): Tree =>
    mode === 'rater' && id.includes('/codes/')
      ? Object.fromEntries(Object.entries(tree).filter(([code]) => !OFFICERS_ONLY.has(code)))
      : tree
  return {
    name: 'hengping-messages',
    enforce: 'pre',
    transform(source, id) {
      if (!FILES.test(id)) return null
      const text = JSON.stringify(compile(mine(id, JSON.parse(source) as Tree)))
      return { code: text, map: null }
    },
  }
}
