/**
 * What agents and the relay do with their secrets, as far as tests and vectors need it. No page imports it: no browser
 * holds such a key (a test keeps it so).
 */
import { ed25519, ristretto255, ristretto255_oprf } from '@noble/curves/ed25519.js'
import { b64, concat, utf8 } from './bytes'
import { base64, checkpointKeyName, checkpointText, keyId, type Checkpoint } from './checkpoint'
import type { Side } from './derive'
import { documentHash } from './document'
import { type Receipt, receiptMessage } from './receipt'
import { type Signed, type Statement, statementMessage } from './statement'
import type { Evaluation } from './token'

/** Public element of an issuer's secret scalar (32 bytes, little endian). */
export function issuerPublic(secret: Uint8Array): Uint8Array {
  const { Fn, BASE } = ristretto255.Point
  return BASE.multiply(Fn.fromBytes(secret)).toBytes()
}

/** RFC 9497 DeriveKeyPair. */
export const issuerKeyPair = (seed: Uint8Array, label: string) =>
  ristretto255_oprf.poprf(utf8('')).deriveKeyPair(seed, utf8(label))

/** An issuer's answer to a blinded element. */
export function evaluate(secret: Uint8Array, info: string, element: Uint8Array): Evaluation {
  const { evaluated, proof } = ristretto255_oprf.poprf(utf8(info)).blindEvaluate(secret, element)
  return { element: b64(evaluated), proof: b64(proof) }
}

/** The tag an issuer computes from a nonce, to check a token without its rater. */
export const tagOf = (secret: Uint8Array, info: string, nonce: Uint8Array): Uint8Array =>
  ristretto255_oprf.poprf(utf8(info)).evaluate(secret, nonce)

export function signStatement<S extends Statement>(secret: Uint8Array, statement: S): Signed<S> {
  const signature = ed25519.sign(statementMessage(documentHash(statement)), secret)
  return { statement, signature: b64(signature) }
}

/** The signature line of one side's agent, without its line end. */
export function cosignature(
  secret: Uint8Array,
  box: string,
  side: Side,
  checkpoint: Checkpoint,
): string {
  const name = checkpointKeyName(box, side)
  const signature = ed25519.sign(utf8(checkpointText(box, checkpoint)), secret)
  return `— ${name} ${base64(concat(keyId(name, ed25519.getPublicKey(secret)), signature))}`
}

/** A whole note out of the agents' lines. */
export const checkpointNote = (box: string, checkpoint: Checkpoint, lines: string[]): string =>
  `${checkpointText(box, checkpoint)}\n${lines.map((line) => `${line}\n`).join('')}`

export function signReceipt(
  secret: Uint8Array,
  stored: { box: string; leaf: string; seq: number },
): Receipt {
  const { box, leaf, seq } = stored
  const signature = b64(ed25519.sign(receiptMessage(stored), secret))
  return { box, leaf, seq, status: 'stored', signature }
}
