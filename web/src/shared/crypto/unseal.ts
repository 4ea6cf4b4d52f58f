/**
 * Opens an envelope with both opening keys. For tests and vectors only: no page imports it, because no browser
 * ever holds an opening key (a test keeps it so).
 */
import { gcm } from '@noble/ciphers/aes.js'
import { concat, equal, utf8, xor } from './bytes'
import type { Side } from './derive'
import {
  type BallotBody,
  type BoxName,
  BODY_BYTES,
  ENCAPSULATED_BYTES,
  ENVELOPE_BYTES,
  SEALED_SHARE_BYTES,
  SUITE,
  bodyData,
  hpkeSuite,
  openingInfo,
  shareHash,
} from './seal'

const LOCK_BYTES = ENCAPSULATED_BYTES + SEALED_SHARE_BYTES

/** One side's share of the key. @throws when the key does not fit or the share is not the promised one. */
export async function openShare(
  envelope: Uint8Array,
  box: BoxName,
  side: Side,
  privateKey: Uint8Array,
): Promise<Uint8Array> {
  if (envelope.length !== ENVELOPE_BYTES || !equal(envelope.slice(0, 4), utf8(SUITE))) {
    throw new RangeError('not an envelope of this suite')
  }
  const index = side === 'bench' ? 0 : 1
  const start = 68 + index * LOCK_BYTES
  const suite = hpkeSuite()
  const key = await suite.DeserializePrivateKey(privateKey)
  const encapsulated = envelope.slice(start, start + ENCAPSULATED_BYTES)
  const ciphertext = envelope.slice(start + ENCAPSULATED_BYTES, start + LOCK_BYTES)
  const share = await suite.Open(key, encapsulated, ciphertext, { info: openingInfo(box, side) })
  const promised = envelope.slice(4 + 32 * index, 36 + 32 * index)
  if (!equal(shareHash(share), promised)) throw new RangeError('the share is not the promised one')
  return share
}

export function openBody(
  envelope: Uint8Array,
  box: BoxName,
  shareBench: Uint8Array,
  shareBar: Uint8Array,
): BallotBody {
  const sealed = envelope.slice(ENVELOPE_BYTES - BODY_BYTES - 16)
  const cipher = gcm(xor(shareBench, shareBar), new Uint8Array(12), bodyData(box))
  const padded = concat(cipher.decrypt(sealed))
  const length = (padded[0]! << 8) | padded[1]!
  return JSON.parse(new TextDecoder().decode(padded.slice(2, 2 + length))) as BallotBody
}
