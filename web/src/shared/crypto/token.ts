/**
 * Tokens: a nonce and one tag from each side's issuer, got without either side seeing the nonce. RFC 9497, mode
 * POPRF, ristretto255-SHA512, no further framing. A tag is taken only with a proof that the issuer used the key the
 * manifest names, so no side can mark a rater with a key of their own.
 */
import { ristretto255, ristretto255_oprf } from '@noble/curves/ed25519.js'
import { concat, fromB64, utf8 } from './bytes'

export const NONCE_BYTES = 32
export const TAG_BYTES = 64
export const TOKEN_BYTES = NONCE_BYTES + 2 * TAG_BYTES
const SCALAR_BYTES = 32
/** What the library draws for a blind; see `drawn`. */
const DRAWN_BYTES = 48

/** A blinded nonce on its way to one issuer, and what is needed when the answer comes. */
export interface Blinded {
  info: string
  nonce: Uint8Array
  blind: Uint8Array
  /** What the issuer gets, 32 bytes. */
  element: Uint8Array
  /** The issuer's key under this info: what its proof must hold for. */
  tweaked: Uint8Array
}

/** An issuer's answer: base64url, 32 and 64 bytes. */
export interface Evaluation {
  element: string
  proof: string
}

/** The issuer's answer does not hold: another key, another info, another element, or not one at all. */
export class ProofRefused extends Error {}

/**
 * The library asks for random bytes and reduces them to a scalar from 1 to l - 1; a blind that follows from the seed
 * is handed to it as the bytes that reduce to this very scalar.
 */
function drawn(blind: Uint8Array): Uint8Array<ArrayBuffer> {
  const { Fn } = ristretto255.Point
  const scalar = Fn.fromBytes(blind)
  if (Fn.is0(scalar)) throw new RangeError('a blind is not zero')
  return concat(Fn.toBytes(scalar - 1n), new Uint8Array(DRAWN_BYTES - SCALAR_BYTES))
}

/** Blinds a nonce for the issuer with this key. @throws when the key is no element of the group. */
export function blind(
  info: string,
  nonce: Uint8Array,
  issuer: Uint8Array,
  scalar: Uint8Array,
): Blinded {
  const step = ristretto255_oprf.poprf(utf8(info)).blind(nonce, issuer, () => drawn(scalar))
  const { blinded: element, tweakedKey: tweaked } = step
  return { info, nonce, blind: scalar, element, tweaked }
}

/** The tag, 64 bytes. @throws ProofRefused unless the issuer proves the key of the manifest and this very element. */
export function finish(blinded: Blinded, evaluation: Evaluation): Uint8Array {
  const { info, nonce, blind: scalar, element, tweaked } = blinded
  try {
    const answer = fromB64(evaluation.element)
    const proof = fromB64(evaluation.proof)
    const suite = ristretto255_oprf.poprf(utf8(info))
    return suite.finalize(nonce, scalar, answer, element, proof, tweaked)
  } catch {
    throw new ProofRefused()
  }
}

export interface Tags {
  bench: Uint8Array
  bar: Uint8Array
}

/** nonce | tag of the bench | tag of the bar, 160 bytes. */
export function tokenBytes(nonce: Uint8Array, tags: Tags): Uint8Array {
  const token = concat(nonce, tags.bench, tags.bar)
  if (token.length !== TOKEN_BYTES || nonce.length !== NONCE_BYTES)
    throw new RangeError('a token has a nonce of 32 bytes and two tags of 64')
  return token
}
