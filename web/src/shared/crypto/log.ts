/**
 * The rater's own check of the box. The whole list is downloaded and compared here, so that asking tells the
 * server nothing about which ballot is meant.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromHex, hex } from './bytes'
import { verifyCheckpoint } from './checkpoint'
import type { Side } from './derive'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** Entry of one ballot in the list: SHA-256(0x00 | nonce of the stamp | SHA-256(L0)), hex. */
export function leafHash(stampNonce: Uint8Array, envelope: Uint8Array): string {
  return hex(sha256(concat(LEAF, stampNonce, sha256(envelope))))
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
  /** In log order: batch after batch, each sorted. */
  leaves: string[]
  batches: { size: number }[]
  /** A leaf that an agent refused, and is therefore not in the list. */
  refused: { leaf: string; side: Side }[]
  /** Signed note of both agents, null before the first. */
  checkpoint?: string | null
}

export interface LogCheck {
  /** Batches are sorted and whole, nothing repeats, and the list gives its root and that of the checkpoint. */
  sound: boolean
  /** Root recomputed here over what the checkpoint covers, or over the whole list where there is none. */
  root: string
  /** How many ballots both agents have signed for. */
  accepted: number
  /** `accepted`: below the checkpoint; `listed`: in the list, which the agents have not signed so far yet. */
  place: 'accepted' | 'listed' | 'refused' | 'absent'
  /** The side whose agent refused the asked leaf. */
  refusedBy: Side | undefined
}

/** Recomputes the roots of a published list and looks for one leaf in it. `agents` are those of the manifest. */
export function checkLog(
  log: PublishedLog,
  leaf: string,
  box: string,
  agents: Record<Side, string>,
): LogCheck {
  const refused = log.refused.find((each) => each.leaf === leaf)
  const unsound: LogCheck = {
    ...{ sound: false, root: '', accepted: 0, place: 'absent', refusedBy: undefined },
  }
  const checkpoint = !log.checkpoint
    ? { size: 0, root: '' }
    : verifyCheckpoint(log.checkpoint, box, agents)
  if (!checkpoint || !wellFormed(log) || checkpoint.size > log.size) return unsound
  const entries = log.leaves.map(fromHex)
  const whole = hex(merkleRoot(entries))
  const below =
    checkpoint.size === log.size ? whole : hex(merkleRoot(entries.slice(0, checkpoint.size)))
  const signed = Boolean(log.checkpoint)
  const at = log.leaves.indexOf(leaf)
  return {
    sound: whole === log.root && (!signed || below === checkpoint.root),
    root: signed ? below : whole,
    accepted: checkpoint.size,
    place: at < 0 ? (refused ? 'refused' : 'absent') : at < checkpoint.size ? 'accepted' : 'listed',
    refusedBy: at < 0 ? refused?.side : undefined,
  }
}

/** Hashes of the right form, none twice, batches that add up to the list, each in ascending order. */
function wellFormed({ size, leaves, batches }: PublishedLog): boolean {
  if (size !== leaves.length || new Set(leaves).size !== size) return false
  if (!leaves.every((leaf) => /^[0-9a-f]{64}$/.test(leaf))) return false
  let start = 0
  for (const batch of batches) {
    const part = leaves.slice(start, start + batch.size)
    if (part.length !== batch.size || part.some((leaf, i) => i > 0 && part[i - 1]! >= leaf))
      return false
    start += batch.size
  }
  return start === size
}
