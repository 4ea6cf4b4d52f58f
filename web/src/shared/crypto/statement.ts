/** What an agent says: canonical JSON, signed by the agent key that the manifest names. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { fromB64, utf8 } from './bytes'
import { documentHash } from './document'
import type { Side } from './derive'

export interface Statement {
  v: 1
  kind: string
  box: string
  side: Side
  [field: string]: unknown
}

export interface Signed<S extends Statement = Statement> {
  statement: S
  /** base64url, 64 bytes. */
  signature: string
}

export const statementMessage = (digest: string): Uint8Array =>
  utf8(`hengping/v2/statement\n${digest}`)

/** Whether this agent key signed the statement; never throws. */
export function verifyStatement(agent: string, signed: Signed): boolean {
  try {
    const message = statementMessage(documentHash(signed.statement))
    return ed25519.verify(fromB64(signed.signature), message, fromB64(agent))
  } catch {
    return false
  }
}

/** Whether it is a statement of this kind, box and side, signed by the side's agent. */
export function isStatement(
  signed: Signed,
  expected: { kind: string; box: string; side: Side },
  agent: string,
): boolean {
  const { v, kind, box, side } = signed.statement ?? {}
  const fits = v === 1 && kind === expected.kind && box === expected.box && side === expected.side
  return fits && verifyStatement(agent, signed)
}
