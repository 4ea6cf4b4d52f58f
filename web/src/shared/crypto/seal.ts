/**
 * Seals one ballot, entirely in the browser: a body behind two locks (L2), inside the bar's shuffle (L1), inside the
 * bench's (L0), which is posted. Each layer has one size whatever was answered. The server holds none of the keys.
 */
import { gcm } from '@noble/ciphers/aes.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { AEAD_AES_256_GCM, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from '@panva/hpke-noble'
import canonicalize from 'canonicalize'
import { CipherSuite } from 'hpke'
import { type Entropy, concat, systemEntropy, utf8, xor } from './bytes'
import { type BoxName, type Side, boxId } from './derive'

export const SUITE = 'HPB2'
export const BODY_BYTES = 2048
export const ENCAPSULATED_BYTES = 1120
export const TAG_BYTES = 16
export const LOCK_BYTES = ENCAPSULATED_BYTES + 32 + TAG_BYTES
const LAYER_BYTES = 4 + ENCAPSULATED_BYTES + TAG_BYTES
export const L2_BYTES = 4 + 2 * 32 + 2 * LOCK_BYTES + BODY_BYTES + TAG_BYTES
export const L1_BYTES = L2_BYTES + LAYER_BYTES
export const L0_BYTES = L1_BYTES + LAYER_BYTES
export const MOST_SEQUENCES = 8

/** A level from 1 to 5; null is 未观察到. Items that do not apply are absent. */
export type Answers = Record<string, 1 | 2 | 3 | 4 | 5 | null>

export interface BallotBody {
  v: 2
  ratee: string
  court: string
  stratum: string
  rubric: string
  home: string
  role: string
  answers: Answers
  /** Tokens: base64url, 160 bytes each. */
  slip: string
  nym: string
  seq: number
}

export type Layer = 'opening-bench' | 'opening-bar' | 'mix-bar' | 'mix-bench'

/** Public X-Wing keys of the manifest, 1,216 bytes each. */
export interface SealingKeys {
  mix: Record<Side, Uint8Array>
  opening: Record<Side, Uint8Array>
}

/** The three layers; only L0 leaves the device. */
export interface Envelope {
  l2: Uint8Array
  l1: Uint8Array
  l0: Uint8Array
}

export const hpkeSuite = () =>
  new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

export const shareHash = (share: Uint8Array): Uint8Array =>
  sha256(concat(utf8('hengping/v1/share'), share))

export const layerInfo = (box: BoxName, layer: Layer | 'body'): Uint8Array =>
  utf8(`${SUITE}|${box.period}|${box.direction}|${layer}`)

/** RFC 8785 bytes of the body. */
export function canonicalBody(body: BallotBody): Uint8Array {
  const text = canonicalize(body)
  if (text === undefined) throw new TypeError('a ballot body is an object')
  return utf8(text)
}

/** u16 big-endian length, the text, zeros: 2,048 bytes in all. */
export function pad(text: Uint8Array): Uint8Array {
  if (text.length > BODY_BYTES - 2) throw new RangeError('the ballot does not fit its envelope')
  const out = new Uint8Array(BODY_BYTES)
  out.set([text.length >> 8, text.length & 255])
  out.set(text, 2)
  return out
}

/** Seals a body. @throws when a key is malformed or the body too long; nothing is half sealed. */
export async function seal(
  body: BallotBody,
  box: BoxName,
  keys: SealingKeys,
  entropy: Entropy = systemEntropy,
): Promise<Envelope> {
  const key = entropy(32)
  const shareBench = entropy(32)
  const shareBar = xor(key, shareBench)
  const l2 = concat(
    utf8(SUITE),
    shareHash(shareBench),
    shareHash(shareBar),
    await encrypt(shareBench, box, 'opening-bench', keys.opening.bench),
    await encrypt(shareBar, box, 'opening-bar', keys.opening.bar),
    // The key is drawn for this body alone, so the nonce may be fixed.
    gcm(key, new Uint8Array(12), layerInfo(box, 'body')).encrypt(pad(canonicalBody(body))),
  )
  const l1 = concat(utf8(SUITE), await encrypt(l2, box, 'mix-bar', keys.mix.bar))
  const l0 = concat(utf8(SUITE), await encrypt(l1, box, 'mix-bench', keys.mix.bench))
  if (l2.length !== L2_BYTES || l1.length !== L1_BYTES || l0.length !== L0_BYTES)
    throw new RangeError('the envelope has a wrong size')
  return { l2, l1, l0 }
}

/** HPKE in base mode: encapsulated secret, then ciphertext. */
async function encrypt(
  message: Uint8Array,
  box: BoxName,
  layer: Layer,
  key: Uint8Array,
): Promise<Uint8Array> {
  const suite = hpkeSuite()
  const publicKey = await suite.DeserializePublicKey(key)
  const info = layerInfo(box, layer)
  const { encapsulatedSecret, ciphertext } = await suite.Seal(publicKey, message, { info })
  return concat(encapsulatedSecret, ciphertext)
}

/** What the stamp signs: box and sequence number in words, then SHA-256 of L0. */
export function castMessage(box: BoxName, seq: number, envelope: Uint8Array): Uint8Array {
  return concat(utf8(`hengping/v2/cast\n${boxId(box)}\n${seq}\n`), sha256(envelope))
}

export function signCast(
  secret: Uint8Array,
  box: BoxName,
  seq: number,
  envelope: Uint8Array,
): Uint8Array {
  if (!Number.isInteger(seq) || seq < 1 || seq > MOST_SEQUENCES) throw new RangeError('sequence')
  return ed25519.sign(castMessage(box, seq, envelope), secret)
}
