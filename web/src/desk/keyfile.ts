/**
 * A side's signing key file, read in the browser and never sent. Only the signature leaves this page; the secret is
 * dropped as soon as it has been used.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { Refusal } from '@shared/api'
import { b64, equal, fromB64 } from '@shared/crypto/bytes'
import { signDocument } from '@shared/crypto/document'
import type { DocumentKind, Side } from '@shared/types'

interface KeyFile {
  v: number
  side: Side
  purpose: string
  public: string
  secret: string
}

/** @throws Refusal when the file is not the signing key of this side, or not the one the manifest names. */
export function readKeyFile(text: string, side: Side, pinned: string | undefined): Uint8Array {
  const file = parse(text)
  if (file.purpose === 'opening') throw new Refusal('key-opening', 0)
  if (file.v !== 1 || file.purpose !== 'signing') throw new Refusal('key-unreadable', 0)
  if (file.side !== side) throw new Refusal('key-other-side', 0)
  let secret: Uint8Array
  let stated: Uint8Array
  try {
    secret = fromB64(file.secret)
    stated = fromB64(file.public)
  } catch {
    throw new Refusal('key-unreadable', 0)
  }
  if (secret.length !== 32 || !equal(ed25519.getPublicKey(secret), stated)) {
    throw new Refusal('key-unreadable', 0)
  }
  if (pinned !== undefined && pinned !== file.public) throw new Refusal('key-not-pinned', 0)
  return secret
}

function parse(text: string): Partial<KeyFile> & { secret: string; public: string } {
  try {
    const file = JSON.parse(text) as Partial<KeyFile>
    if (typeof file.secret === 'string' && typeof file.public === 'string') {
      return file as Partial<KeyFile> & { secret: string; public: string }
    }
  } catch {
    // Said below.
  }
  throw new Refusal('key-unreadable', 0)
}

export interface SideSignature {
  side: Side
  key: string
  signature: string
}

export function signWith(
  secret: Uint8Array,
  side: Side,
  kind: DocumentKind,
  hash: string,
): SideSignature {
  const signature = b64(signDocument(secret, kind, hash))
  return { side, key: b64(ed25519.getPublicKey(secret)), signature }
}
