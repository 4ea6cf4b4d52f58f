/** Bytes in and out of text. No Buffer and no crypto.subtle: the pages also run on plain http inside a court's network. */

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** @throws RangeError when the text is not an even number of hex digits. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || /[^0-9a-f]/i.test(text)) throw new RangeError('not hex')
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    parseInt(text.slice(2 * i, 2 * i + 2), 16),
  )
}

/** base64url without padding (RFC 4648, section 5). */
export function b64(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i]!, bytes[i + 1], bytes[i + 2]]
    out += BASE64URL[a >> 2]! + BASE64URL[((a & 3) << 4) | ((b ?? 0) >> 4)]!
    if (b !== undefined) out += BASE64URL[((b & 15) << 2) | ((c ?? 0) >> 6)]!
    if (c !== undefined) out += BASE64URL[c & 63]!
  }
  return out
}

/** @throws RangeError on a foreign character, a dangling one, or bits that encode nothing. */
export function fromB64(text: string): Uint8Array {
  if (text.length % 4 === 1) throw new RangeError('not base64url')
  const out = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (const character of text) {
    const value = BASE64URL.indexOf(character)
    if (value < 0) throw new RangeError('not base64url')
    held = (held << 6) | value
    bits += 6
    if (bits >= 8) {
      bits -= 8
      out[at++] = (held >> bits) & 255
      held &= (1 << bits) - 1
    }
  }
  if (held !== 0) throw new RangeError('not base64url')
  return out
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length !== b.length) throw new RangeError('lengths differ')
  return a.map((byte, i) => byte ^ b[i]!)
}

/** The only source of randomness of the pages; tests pass their own. */
export type Entropy = (length: number) => Uint8Array

export const systemEntropy: Entropy = (length) => crypto.getRandomValues(new Uint8Array(length))
