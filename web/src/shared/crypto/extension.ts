/**
 * The last day of a box, found here rather than believed: the manifest's, moved by extensions that both sides signed and
 * both agents adopted, each from the day on which the one before ends. The twin of `domain::extension`.
 */
import type { BoxDetail, ExtensionBody } from '../types'
import { SIDES } from './derive'
import { documentHash, signedByBoth } from './document'
import { isStatement } from './statement'

const VERSION = 1
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Days as ISO 8601 text order as days do. */
const isLater = (day: string, than: string): boolean => DAY.test(day) && day > than

function holds(box: BoxDetail, extension: BoxDetail['extensions'][number], from: string): boolean {
  const { body, hash, signatures } = extension
  const manifest = box.manifest.body
  const about =
    body.v === VERSION && body.box === manifest.box && body.manifest === box.manifest.hash
  if (!about || body.was_until !== from || !isLater(body.cast_until, from)) return false
  const signing = { bench: manifest.bench.signing, bar: manifest.bar.signing }
  if (documentHash(body) !== hash || !signedByBoth(signing, signatures, 'extension', hash))
    return false
  return SIDES.every((side) =>
    (box.statements ?? []).some(
      ({ statement, signature }) =>
        statement?.extension === hash &&
        statement.cast_until === body.cast_until &&
        isStatement(
          { statement, signature },
          { kind: 'extended', box: manifest.box, side },
          manifest[side].agent,
        ),
    ),
  )
}

/** The extensions in force in their order. The manifest must have been checked before. */
export function inForce(box: BoxDetail): ExtensionBody[] {
  const chain: ExtensionBody[] = []
  let from = box.manifest.body.cast_until
  for (;;) {
    const next = (box.extensions ?? []).find((each) => holds(box, each, from))
    if (!next) return chain
    chain.push(next.body)
    from = next.body.cast_until
  }
}

export const lastDay = (box: BoxDetail): string =>
  inForce(box).at(-1)?.cast_until ?? box.manifest.body.cast_until
