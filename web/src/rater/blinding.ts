/** The blinded nonces of one seed: made once for the life of a page, since an answer to them may take days. */
import { Refusal } from '@shared/api'
import { b64, fromB64 } from '@shared/crypto/bytes'
import {
  type Kind,
  SIDES,
  type Side,
  blindOf,
  infoOf,
  nonceOf,
  splitBox,
} from '@shared/crypto/derive'
import type { Elements } from '@shared/crypto/request'
import { type Blinded, type Evaluation, ProofRefused, blind, finish } from '@shared/crypto/token'
import type { Invitation, Invitations, ManifestBody } from '@shared/types'

/** One nonce towards one side: a few milliseconds of work. */
export interface Step {
  kind: Kind
  /** The invitation; for a nym the box. */
  id: string
  side: Side
  info: string
}

/** What has to be asked for these cases: the nym, and for each case a stamp and a slip, of both sides. */
export function stepsOf(invitations: Invitations, items: Invitation[]): Step[] {
  const box = splitBox(invitations.box)
  if (!box) throw new Refusal('document-mismatch', 0)
  const both = (kind: Kind, id: string, info: string) =>
    SIDES.map((side) => ({ kind, id, side, info }))
  const { home, role } = invitations
  return [
    ...both('nym', invitations.box, infoOf.nym(box, home, role)),
    ...items.flatMap((item) => [
      ...both('stamp', item.id, infoOf.stamp(box)),
      ...both('slip', item.id, infoOf.slip(box, item.slip)),
    ]),
  ]
}

export class Blinds {
  readonly #made = new Map<string, Blinded>()

  constructor(
    readonly seed: Uint8Array,
    private readonly manifest: ManifestBody,
  ) {}

  /** Whether these are the blinds for this seed under this manifest. */
  fits(seed: Uint8Array, manifest: ManifestBody): boolean {
    const same = SIDES.every((side) => manifest[side].issuer === this.manifest[side].issuer)
    return same && b64(seed) === b64(this.seed)
  }

  blind(step: Step): Blinded {
    const { kind, id, side, info } = step
    const known = this.#made.get(`${kind}|${id}|${side}`)
    if (known?.info === info) return known
    const issuer = fromB64(this.manifest[side].issuer)
    const made = blind(
      info,
      nonceOf(this.seed, kind, id),
      issuer,
      blindOf(this.seed, kind, id, side),
    )
    this.#made.set(`${kind}|${id}|${side}`, made)
    return made
  }

  /** The elements that travel, of what has been blinded. */
  elements(kind: Kind, id: string): Elements {
    const of = (side: Side) => b64(this.#made.get(`${kind}|${id}|${side}`)!.element)
    return { bench: of('bench'), bar: of('bar') }
  }

  /** The tag of an answer, base64url. @throws Refusal when its proof does not hold. */
  tag(step: Step, evaluation: Evaluation): string {
    try {
      return b64(finish(this.blind(step), evaluation))
    } catch (error) {
      if (error instanceof ProofRefused) throw new Refusal('token-answer-refused', 0)
      throw error
    }
  }
}
