/**
 * Everything a rater's device derives from its one 32-byte seed per period: the request key, the nonces of stamps,
 * slips and the nym, and the blinds under which issuers see them. The same seed on a second device gives the same
 * bytes, so a second device is never a second ballot. Labels and layouts are those of docs/protocol.md.
 */
import { ed25519, ristretto255 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, hex, utf8 } from './bytes'
import { SIDES, type Side } from './sides'

export type Kind = 'stamp' | 'slip' | 'nym'
export type Direction = 'bar_rates_bench' | 'bench_rates_bar'
export { SIDES, type Side }

/** HKDF-SHA256 of a 32-byte secret, no salt, the label as info. */
export function expand(secret: Uint8Array, label: string, length: number): Uint8Array {
  return hkdf(sha256, secret, undefined, utf8(label), length)
}

function derive(seed: Uint8Array, label: string, length = 32): Uint8Array {
  if (seed.length !== 32) throw new RangeError('a seed has 32 bytes')
  return expand(seed, `hengping/v2|${label}`, length)
}

/** An Ed25519 key. The public half of a stamp's is the nonce of the stamp. */
export interface SigningKey {
  secret: Uint8Array
  public: Uint8Array
}

function signingKey(secret: Uint8Array): SigningKey {
  return { secret, public: ed25519.getPublicKey(secret) }
}

/** Signs the token requests of one box; enrolled with the rater's own association. */
export const requestKey = (seed: Uint8Array, box: string): SigningKey =>
  signingKey(derive(seed, `request|${box}`))

/** One-time key of one invitation: signs the cast, and its public half travels as the stamp. */
export const stampKey = (seed: Uint8Array, invitation: string): SigningKey =>
  signingKey(derive(seed, `stamp|${invitation}`))

/** The 32 bytes a token is about; `id` is the invitation for a stamp or slip and the box for a nym. */
export function nonceOf(seed: Uint8Array, kind: Kind, id: string): Uint8Array {
  return kind === 'stamp' ? stampKey(seed, id).public : derive(seed, `${kind}|${id}`)
}

/** The blind of one token towards one side: a scalar of ristretto255, 32 bytes little endian. */
export function blindOf(seed: Uint8Array, kind: Kind, id: string, side: Side): Uint8Array {
  const wide = derive(seed, `blind|${kind}|${id}|${side}`, 64)
  const order = ristretto255.Point.Fn.ORDER
  const number = BigInt(`0x${hex(wide.reverse())}`) % order
  return ristretto255.Point.Fn.toBytes(number)
}

/** What the counted list holds for a ballot: derived from the nonce of the slip, which only its rater knows. */
export function countedHash(slipNonce: Uint8Array): string {
  return hex(sha256(concat(utf8('counted'), slipNonce)))
}

export interface BoxName {
  period: string
  direction: Direction
}

export interface SlipFacts {
  ratee: string
  court: string
  stratum: string
  rubric: string
}

/** What an issuer sees beside the blinded nonce, and what the token is bound to. */
export const infoOf = {
  stamp: (box: BoxName): string => ['v2', 'stamp', box.period, box.direction].join('|'),
  slip: (box: BoxName, { ratee, court, stratum, rubric }: SlipFacts): string =>
    ['v2', 'slip', box.period, box.direction, ratee, court, stratum, rubric].join('|'),
  nym: (box: BoxName, home: string, role: string): string =>
    ['v2', 'nym', box.period, box.direction, home, role].join('|'),
}

export const boxId = (box: BoxName): string => `${box.period}.${box.direction}`

/** Splits a box id; undefined when it is none. */
export function splitBox(box: string): BoxName | undefined {
  const dot = box.lastIndexOf('.')
  const direction = box.slice(dot + 1)
  if (dot < 1 || (direction !== 'bar_rates_bench' && direction !== 'bench_rates_bar'))
    return undefined
  return { period: box.slice(0, dot), direction }
}
