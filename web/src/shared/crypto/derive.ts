/**
 * Everything a rater's device derives from its one 32-byte seed per period: stamps, slips and the nym, and the
 * hashes under which the server knows them. The same seed on a second device gives the same bytes, so a second
 * device is never a second ballot.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, hex, utf8 } from './bytes'

export type Kind = 'stamp' | 'slip' | 'nym'
export type Direction = 'bar_rates_bench' | 'bench_rates_bar'
export type Side = 'bench' | 'bar'

/** HKDF-SHA256 with an empty salt; 32 bytes. `id` is the invitation for a stamp or slip and the box for a nym. */
export function derive(seed: Uint8Array, kind: Kind, id: string): Uint8Array {
  if (seed.length !== 32) throw new RangeError('a seed has 32 bytes')
  return hkdf(sha256, seed, new Uint8Array(0), utf8(`hengping/v1|${kind}|${id}`), 32)
}

/** One-time Ed25519 key of one invitation: the public half is the stamp and travels outside the envelope. */
export interface StampKey {
  secret: Uint8Array
  stamp: Uint8Array
}

export function stampKey(seed: Uint8Array, invitation: string): StampKey {
  const secret = derive(seed, 'stamp', invitation)
  return { secret, stamp: ed25519.getPublicKey(secret) }
}

/** Hex SHA-256 under a domain tag; the server stores this and never the value. */
export function credentialHash(kind: Kind, value: Uint8Array): string {
  return hex(sha256(concat(utf8(`hengping/v1/${kind}`), value)))
}

/** What the counted list holds for a ballot: derived from the slip, which only its rater knows. */
export function countedHash(slip: Uint8Array): string {
  return hex(sha256(concat(utf8('counted'), slip)))
}

export interface SlipFacts {
  period: string
  direction: Direction
  ratee: string
  court: string
  stratum: string
  rubric: string
}

export function slipInfo(facts: SlipFacts): string {
  const { period, direction, ratee, court, stratum, rubric } = facts
  return ['v1', 'slip', period, direction, ratee, court, stratum, rubric].join('|')
}

export function nymInfo(period: string, direction: Direction, home: string, role: string): string {
  return ['v1', 'nym', period, direction, home, role].join('|')
}

export const boxId = (period: string, direction: Direction): string => `${period}.${direction}`

/** Splits a box id; undefined when it is none. */
export function splitBox(box: string): { period: string; direction: Direction } | undefined {
  const dot = box.lastIndexOf('.')
  const direction = box.slice(dot + 1)
  if (dot < 1 || (direction !== 'bar_rates_bench' && direction !== 'bench_rates_bar'))
    return undefined
  return { period: box.slice(0, dot), direction }
}
