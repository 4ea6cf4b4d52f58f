/**
 * The checkpoint of a box: size and root of its list, signed by both agents (C2SP tlog-checkpoint in a signed-note).
 * A ballot is accepted when its leaf lies below one.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equal, fromB64, fromHex, hex, utf8 } from './bytes'
import { SIDES, type Side } from './derive'

export interface Checkpoint {
  size: number
  /** Hexadecimal, as roots are written everywhere else. */
  root: string
}

const ED25519_NOTE = 1
const KEY_ID_BYTES = 4

export const checkpointOrigin = (box: string): string => `hengping/${box}`
export const checkpointKeyName = (box: string, side: Side): string => `hengping/${box}/${side}`

/** The three lines that are signed, each with its line end. */
export const checkpointText = (box: string, { size, root }: Checkpoint): string =>
  `${checkpointOrigin(box)}\n${size}\n${base64(fromHex(root))}\n`

/** First four bytes of SHA-256(name | 0x0A | 0x01 | key). */
export function keyId(name: string, key: Uint8Array): Uint8Array {
  const whole = sha256(concat(utf8(name), Uint8Array.of(0x0a, ED25519_NOTE), key))
  return whole.slice(0, KEY_ID_BYTES)
}

/** base64 with padding, as notes carry it. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

/** @throws RangeError when the text is not the one way to write its bytes. */
function fromBase64(text: string): Uint8Array {
  const bytes = fromB64(text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''))
  if (base64(bytes) !== text) throw new RangeError('not base64')
  return bytes
}

/** Size and root, if the note is of this box and both agents signed it; undefined otherwise. Keys are base64url. */
export function verifyCheckpoint(
  note: string,
  box: string,
  agents: Record<Side, string>,
): Checkpoint | undefined {
  try {
    const end = note.indexOf('\n\n')
    if (end < 0 || !note.endsWith('\n')) return undefined
    const text = note.slice(0, end + 1)
    const lines = note.slice(end + 2, -1).split('\n')
    const [origin, size, root, ...rest] = text.slice(0, -1).split('\n')
    // Extension lines would be signed too, but nobody here writes any.
    if (origin !== checkpointOrigin(box) || rest.length > 0) return undefined
    if (!/^(0|[1-9]\d{0,15})$/.test(size ?? '')) return undefined
    const head = fromBase64(root ?? '')
    if (head.length !== 32) return undefined
    const signed = SIDES.every((side) =>
      lines.some((line) => signs(line, checkpointKeyName(box, side), agents[side], text)),
    )
    return signed ? { size: Number(size), root: hex(head) } : undefined
  } catch {
    return undefined
  }
}

function signs(line: string, name: string, key: string, text: string): boolean {
  const [dash, who, blob, ...rest] = line.split(' ')
  if (dash !== '—' || who !== name || rest.length > 0) return false
  const bytes = fromBase64(blob ?? '')
  const publicKey = fromB64(key)
  if (bytes.length !== KEY_ID_BYTES + 64) return false
  if (!equal(bytes.slice(0, KEY_ID_BYTES), keyId(name, publicKey))) return false
  return ed25519.verify(bytes.slice(KEY_ID_BYTES), utf8(text), publicKey)
}
