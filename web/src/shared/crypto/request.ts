/** The request for tokens: the same canonical JSON for both agents, signed by the request key. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { b64, utf8 } from './bytes'
import { documentHash } from './document'
import type { Side, SigningKey } from './derive'

/** Blinded elements, base64url, one for each side's issuer. */
export type Elements = Record<Side, string>

export interface TokenRequest {
  v: 1
  box: string
  rater: string
  nym: Elements
  /** At most 500. */
  tokens: { invitation: string; stamp: Elements; slip: Elements }[]
}

export const requestMessage = (digest: string): Uint8Array =>
  utf8(`hengping/v2/token-request\n${digest}`)

/** Signature over the digest of the canonical form, base64url. */
export function signRequest(key: SigningKey, request: TokenRequest): string {
  return b64(ed25519.sign(requestMessage(documentHash(request)), key.secret))
}
