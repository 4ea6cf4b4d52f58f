/**
 * Opens the layers of an envelope with the secrets of both sides. For tests and vectors only: no page imports it,
 * because no browser ever holds such a key (a test keeps it so).
 */
import { gcm } from '@noble/ciphers/aes.js'
import { concat, equal, utf8, xor } from './bytes'
import type { BoxName, Side } from './derive'
import {
  type BallotBody,
  type Layer,
  BODY_BYTES,
  ENCAPSULATED_BYTES,
  L2_BYTES,
  LOCK_BYTES,
  SUITE,
  TAG_BYTES,
  hpkeSuite,
  layerInfo,
  shareHash,
} from './seal'

async function decrypt(
  sealed: Uint8Array,
  box: BoxName,
  layer: Layer,
  privateKey: Uint8Array,
): Promise<Uint8Array> {
  const suite = hpkeSuite()
  const key = await suite.DeserializePrivateKey(privateKey)
  const encapsulated = sealed.slice(0, ENCAPSULATED_BYTES)
  const ciphertext = sealed.slice(ENCAPSULATED_BYTES)
  return suite.Open(key, encapsulated, ciphertext, { info: layerInfo(box, layer) })
}

function ofSuite(envelope: Uint8Array): Uint8Array {
  if (!equal(envelope.slice(0, 4), utf8(SUITE))) throw new RangeError('another suite')
  return envelope.slice(4)
}

/** L1 out of L0 with the bench's mix secret, L2 out of L1 with the bar's. @throws when the key does not fit. */
export async function peel(
  envelope: Uint8Array,
  box: BoxName,
  side: Side,
  mixSecret: Uint8Array,
): Promise<Uint8Array> {
  return decrypt(ofSuite(envelope), box, `mix-${side}`, mixSecret)
}

/** One side's share of the key in L2. @throws when the key does not fit or the share is not the promised one. */
export async function openShare(
  l2: Uint8Array,
  box: BoxName,
  side: Side,
  openingSecret: Uint8Array,
): Promise<Uint8Array> {
  if (l2.length !== L2_BYTES) throw new RangeError('not an envelope')
  ofSuite(l2)
  const index = side === 'bench' ? 0 : 1
  const start = 68 + index * LOCK_BYTES
  const lock = l2.slice(start, start + LOCK_BYTES)
  const share = await decrypt(lock, box, `opening-${side}`, openingSecret)
  const promised = l2.slice(4 + 32 * index, 36 + 32 * index)
  if (!equal(shareHash(share), promised)) throw new RangeError('the share is not the promised one')
  return share
}

export function openBody(
  l2: Uint8Array,
  box: BoxName,
  shareBench: Uint8Array,
  shareBar: Uint8Array,
): BallotBody {
  const sealed = l2.slice(L2_BYTES - BODY_BYTES - TAG_BYTES)
  const cipher = gcm(xor(shareBench, shareBar), new Uint8Array(12), layerInfo(box, 'body'))
  const padded = concat(cipher.decrypt(sealed))
  const length = (padded[0]! << 8) | padded[1]!
  return JSON.parse(new TextDecoder().decode(padded.slice(2, 2 + length))) as BallotBody
}
