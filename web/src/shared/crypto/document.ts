/** Hash and signature of rubrics, charters, manifests and releases, as both sides and any reader recompute them. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import canonicalize from 'canonicalize'
import { fromB64, fromHex, hex, utf8 } from './bytes'
import { SIDES, type Side } from './sides'

/** Hex SHA-256 of the RFC 8785 form. */
export function documentHash(body: unknown): string {
  const text = canonicalize(body)
  if (text === undefined) throw new TypeError('a document has a JSON form')
  return hex(sha256(utf8(text)))
}

export const documentMessage = (kind: string, hash: string): Uint8Array =>
  utf8(`hengping/v1/document\n${kind}\n${hash}`)

export function signDocument(secret: Uint8Array, kind: string, hash: string): Uint8Array {
  return ed25519.sign(documentMessage(kind, hash), secret)
}

/** False for anything that does not hold, malformed keys included; never throws. */
export function verifyDocument(
  key: string,
  signature: string,
  kind: string,
  hash: string,
): boolean {
  try {
    return ed25519.verify(anyBytes(signature), documentMessage(kind, hash), anyBytes(key))
  } catch {
    return false
  }
}

/** Whether each side signed with the key that stands for it. */
export function signedByBoth(
  keys: Record<Side, string>,
  signatures: { side: Side; key: string; signature: string }[],
  kind: string,
  hash: string,
): boolean {
  return SIDES.every((side) =>
    signatures.some(
      (each) =>
        each.side === side &&
        each.key === keys[side] &&
        verifyDocument(each.key, each.signature, kind, hash),
    ),
  )
}

const anyBytes = (text: string): Uint8Array =>
  /^([0-9a-f]{64}|[0-9a-f]{128})$/.test(text) ? fromHex(text) : fromB64(text)
