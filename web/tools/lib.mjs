/** Packages of this project for scripts outside it (tests/browser), which have no node_modules of their own. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

export { chromium } from 'playwright-core'
export { default as canonicalize } from 'canonicalize'
export { extractText, getDocumentProxy } from 'unpdf'
export { CipherSuite } from 'hpke'
export { AEAD_AES_256_GCM, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from '@panva/hpke-noble'
export { ed25519 } from '@noble/curves/ed25519.js'
export { sha256 } from '@noble/hashes/sha2.js'

/** A TypeScript module of this project as one script that leaves its exports in the global `name`. */
export async function bundled(file, name) {
  const lib = {
    entry: fileURLToPath(new URL(`../${file}`, import.meta.url)),
    formats: ['iife'],
    name,
  }
  const built = await build({ configFile: false, logLevel: 'error', build: { write: false, lib } })
  return [built].flat()[0].output[0].code
}

export const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
