import { ed25519 } from '@noble/curves/ed25519.js'
import { expect, test } from 'vitest'
import { b64, fromB64, systemEntropy } from '@shared/crypto/bytes'
import { verifyDocument } from '@shared/crypto/document'
import { readKeyFile, signWith } from './keyfile'

const secret = systemEntropy(32)
const file = {
  v: 1,
  side: 'bar',
  purpose: 'signing',
  public: b64(ed25519.getPublicKey(secret)),
  secret: b64(secret),
}
const text = (change: object = {}) => JSON.stringify({ ...file, ...change })
const hash = 'ab'.repeat(32)

test('the key of the own side, named in the manifest, signs the hash', () => {
  const read = readKeyFile(text(), 'bar', file.public)
  const signature = signWith(read, 'bar', 'release', hash)
  expect(signature).toMatchObject({ side: 'bar', key: file.public })
  expect(fromB64(signature.signature).length).toBe(64)
  expect(verifyDocument(signature.key, signature.signature, 'release', hash)).toBe(true)
})

test.each([
  ['key-other-side', text({ side: 'bench' })],
  ['key-opening', text({ purpose: 'opening' })],
  ['key-unreadable', text({ v: 2 })],
  ['key-unreadable', text({ secret: '!' })],
  ['key-unreadable', text({ public: b64(systemEntropy(32)) })],
  ['key-unreadable', 'not a key'],
  ['key-unreadable', '{}'],
])('%s', (code, content) => {
  expect(() => readKeyFile(content, 'bar', undefined)).toThrow(code)
})

test('a key the manifest does not name is refused', () => {
  expect(() => readKeyFile(text(), 'bar', b64(systemEntropy(32)))).toThrow('key-not-pinned')
})
