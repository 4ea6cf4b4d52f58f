/**
 * What must hold before this device blinds, sends or seals anything: the manifest is the one both sides signed and both
 * agents adopted. Every key a page uses afterwards comes out of it.
 */
import { Refusal } from '@shared/api'
import { SIDES, boxId } from '@shared/crypto/derive'
import { documentHash, signedByBoth } from '@shared/crypto/document'
import { SUITE } from '@shared/crypto/seal'
import { isStatement } from '@shared/crypto/statement'
import { publicsOf } from '@shared/manifest'
import type { BoxDetail, Side } from '@shared/types'

const VERSION = 2

/** @throws Refusal when version, suite, box, hash, a signature or the relay's origin does not fit. */
export function checkManifest(box: BoxDetail, expected: string): void {
  const { body, hash, signatures } = box.manifest
  const named = body.v === VERSION && body.suite === SUITE && body.box === expected
  // A rehearsal has invented raters only; nobody's device works in one, whatever it is called.
  const real = !body.rehearsal && !expected.startsWith('rehearsal-')
  const fits = named && real && boxId(body) === expected && isOrigin(body.relay?.origin)
  if (!fits || documentHash(body) !== hash) throw new Refusal('document-mismatch', 0)
  if (!signedByBoth(publicsOf(body, 'signing'), signatures, 'manifest', hash))
    throw new Refusal('document-mismatch', 0)
}

/** An origin and nothing after it, so that `{origin}/box` is the only place a ballot goes to. */
function isOrigin(text: string): boolean {
  try {
    const url = new URL(text)
    return url.origin === text && /^https?:$/.test(url.protocol)
  } catch {
    return false
  }
}

/** Sides whose agent has not said that it works under this very manifest. */
export function notAdopted(box: BoxDetail): Side[] {
  const { body, hash } = box.manifest
  return SIDES.filter(
    (side) =>
      !(box.statements ?? []).some(
        (signed) =>
          signed.statement?.manifest === hash &&
          isStatement(signed, { kind: 'adopted', box: body.box, side }, body[side].agent),
      ),
  )
}
