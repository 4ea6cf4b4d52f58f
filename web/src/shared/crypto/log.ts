/**
 * The rater's own check of the box. The whole list is downloaded and compared here, so that asking tells the
 * server nothing about which ballot is meant.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromHex, hex } from './bytes'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** Entry of one ballot in the list: SHA-256(0x00 | stamp | SHA-256(envelope)), hex. */
export function leafHash(stamp: Uint8Array, envelope: Uint8Array): string {
  return hex(sha256(concat(LEAF, stamp, sha256(envelope))))
}

/** Root over the list's entries in the given order (RFC 6962, section 2.1); the empty list gives SHA-256 of nothing. */
export function merkleRoot(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  if (leaves.length === 1) return sha256(concat(LEAF, leaves[0]!))
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(concat(NODE, merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split))))
}

export interface PublishedLog {
  size: number
  root: string
  leaves: string[]
}

export interface LogCheck {
  /** The list is sorted, without repeats, of the stated size, and gives the stated root. */
  sound: boolean
  root: string
  /** The asked leaf is in the list. */
  found: boolean
}

/** Recomputes the root of a published list and looks for one leaf in it. */
export function checkLog(log: PublishedLog, leaf: string): LogCheck {
  const sorted = log.leaves.every((entry, i) => i === 0 || log.leaves[i - 1]! < entry)
  let root = ''
  try {
    root = hex(merkleRoot(log.leaves.map(fromHex)))
  } catch {
    return { sound: false, root, found: false }
  }
  const sound = sorted && log.size === log.leaves.length && root === log.root
  return { sound, root, found: log.leaves.includes(leaf) }
}
