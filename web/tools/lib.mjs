/** Packages of this project for scripts outside it (tests/browser), which have no node_modules of their own. */
import { createRequire } from 'node:module'

export { chromium } from 'playwright-core'
export { default as canonicalize } from 'canonicalize'
export { CipherSuite } from 'hpke'
export { AEAD_AES_256_GCM, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from '@panva/hpke-noble'
export { ed25519 } from '@noble/curves/ed25519.js'
export { sha256 } from '@noble/hashes/sha2.js'

export const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
