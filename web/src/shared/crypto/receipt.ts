/** The relay's receipt: its word that a cast is stored. Accepted is something else, see `checkpoint.ts`. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { fromB64, utf8 } from './bytes'

export interface Receipt {
  box: string
  leaf: string
  seq: number
  status: 'stored'
  /** By the relay's receipt key, base64url. */
  signature: string
}

export const receiptMessage = (receipt: { box: string; leaf: string; seq: number }): Uint8Array =>
  utf8(`hengping/v2/receipt\n${receipt.box}\n${receipt.leaf}\n${receipt.seq}`)

/** Whether the relay with this key (base64url) says it of exactly this cast; never throws. */
export function verifyReceipt(
  key: string,
  receipt: Receipt,
  expected: { box: string; leaf: string; seq: number },
): boolean {
  try {
    const fits =
      receipt.status === 'stored' &&
      receipt.box === expected.box &&
      receipt.leaf === expected.leaf &&
      receipt.seq === expected.seq
    return fits && ed25519.verify(fromB64(receipt.signature), receiptMessage(receipt), fromB64(key))
  } catch {
    return false
  }
}
