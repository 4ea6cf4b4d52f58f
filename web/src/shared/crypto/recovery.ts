/**
 * The recovery code: a period's seed as 56 letters and digits that can be written down. The last three bytes are a
 * checksum bound to the period, so that a slip of the pen or last year's code is refused before anything is stored.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equal, utf8 } from './bytes'
import { ALPHABET, cleaned } from './crockford'

const SEED_BYTES = 32
const CHECK_BYTES = 3

const checksum = (seed: Uint8Array, period: string): Uint8Array =>
  sha256(concat(utf8(`hengping/v1/recovery|${period}|`), seed)).slice(0, CHECK_BYTES)

/** Fourteen groups of four, separated by spaces. */
export function recoveryCode(seed: Uint8Array, period: string): string {
  let held = 0
  let bits = 0
  let out = ''
  for (const byte of concat(seed, checksum(seed, period))) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += ALPHABET[(held >> bits) & 31]
      held &= (1 << bits) - 1
    }
  }
  return out.match(/.{4}/g)!.join(' ')
}

/** The seed, or undefined when the code is mistyped or belongs to another period. */
export function seedFromCode(code: string, period: string): Uint8Array | undefined {
  const text = cleaned(code)
  const bytes = new Uint8Array(SEED_BYTES + CHECK_BYTES)
  if (text.length * 5 !== bytes.length * 8) return undefined
  let held = 0
  let bits = 0
  let at = 0
  for (const character of text) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) return undefined
    held = (held << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >> bits) & 255
      held &= (1 << bits) - 1
    }
  }
  const seed = bytes.slice(0, SEED_BYTES)
  return equal(bytes.slice(SEED_BYTES), checksum(seed, period)) ? seed : undefined
}
