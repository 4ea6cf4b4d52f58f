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

export function messages(): Plugin {
  return {
    name: 'hengping-messages',
    enforce: 'pre',
    transform(source, id) {
      if (!FILES.test(id)) return null
      const text = JSON.stringify(compile(JSON.parse(source) as Tree))
      return { code: text, map: null }
    },
  }
}
