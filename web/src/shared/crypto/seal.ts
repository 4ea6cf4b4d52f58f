/**
 * Seals one ballot in the envelope with two locks, entirely in the browser. The envelope has 4,468 bytes whatever
 * was answered. Either share of the key alone opens nothing; the server holds neither opening key.
 */
import { gcm } from '@noble/ciphers/aes.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { AEAD_AES_256_GCM, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from '@panva/hpke-noble'
import canonicalize from 'canonicalize'
import { CipherSuite } from 'hpke'
import { type Entropy, concat, systemEntropy, utf8, xor } from './bytes'
import { type Direction, type Side, boxId } from './derive'

export const SUITE = 'HPB1'
export const BODY_BYTES = 2048
export const ENCAPSULATED_BYTES = 1120
export const SEALED_SHARE_BYTES = 48
export const ENVELOPE_BYTES =
  4 + 2 * 32 + 2 * (ENCAPSULATED_BYTES + SEALED_SHARE_BYTES) + BODY_BYTES + 16
export const MOST_SEQUENCES = 8

/** A level from 1 to 5; null is 未观察到. Items that do not apply are absent. */
export type Answers = Record<string, 1 | 2 | 3 | 4 | 5 | null>

export interface BallotBody {
  v: 1
  ratee: string
  court: string
  stratum: string
  rubric: string
  answers: Answers
  /** base64url, 32 bytes each. */
  slip: string
  nym: string
  seq: number
}

/** Public X-Wing keys (1,216 bytes each) of the period's manifest. */
export type OpeningKeys = Record<Side, Uint8Array>

export interface BoxName {
  period: string
  direction: Direction
}

export const hpkeSuite = () =>
  new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

export const shareHash = (share: Uint8Array): Uint8Array =>
  sha256(concat(utf8('hengping/v1/share'), share))

export const openingInfo = (box: BoxName, side: Side): Uint8Array =>
  utf8(`${SUITE}|${box.period}|${box.direction}|opening-${side}`)

export const bodyData = (box: BoxName): Uint8Array =>
  utf8(`${SUITE}|${box.period}|${box.direction}|body`)

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

/** Seals a body. @throws when an opening key is malformed or the body too long; nothing is half sealed. */
export async function seal(
  body: BallotBody,
  box: BoxName,
  keys: OpeningKeys,
  entropy: Entropy = systemEntropy,
): Promise<Uint8Array> {
  const key = entropy(32)
  const shareBench = entropy(32)
  const shareBar = xor(key, shareBench)
  const bench = await lock(shareBench, box, 'bench', keys.bench)
  const bar = await lock(shareBar, box, 'bar', keys.bar)
  // The key is drawn for this body alone, so the nonce may be fixed.
  const sealed = gcm(key, new Uint8Array(12), bodyData(box)).encrypt(pad(canonicalBody(body)))
  const envelope = concat(
    utf8(SUITE),
    shareHash(shareBench),
    shareHash(shareBar),
    bench,
    bar,
    sealed,
  )
  if (envelope.length !== ENVELOPE_BYTES) throw new RangeError('the envelope has a wrong size')
  return envelope
}

async function lock(
  share: Uint8Array,
  box: BoxName,
  side: Side,
  key: Uint8Array,
): Promise<Uint8Array> {
  const suite = hpkeSuite()
  const publicKey = await suite.DeserializePublicKey(key)
  const { encapsulatedSecret, ciphertext } = await suite.Seal(publicKey, share, {
    info: openingInfo(box, side),
  })
  return concat(encapsulatedSecret, ciphertext)
}

/** What the stamp signs: box and sequence number in words, then SHA-256 of the envelope. */
export function castMessage(box: BoxName, seq: number, envelope: Uint8Array): Uint8Array {
  const head = `hengping/v1/cast\n${boxId(box.period, box.direction)}\n${seq}\n`
  return concat(utf8(head), sha256(envelope))
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
