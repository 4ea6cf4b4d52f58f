/** The statements of a box, each signature checked once: what an agent really said, and what only looks like it. */
import { SIDES } from '@shared/crypto/sides'
import { verifyStatement } from '@shared/crypto/statement'
import type { BoxDetail, Side, Signed } from '@shared/types'

export interface Heard {
  /**
   * What this side's agent really signed for this box: of lists, which are numbered, the latest; of what is said once,
   * the last that stands there. Statements come in an order that says nothing.
   */
  said: (side: Side, kind: string) => Signed | undefined
  /** Statements that no agent of this box signed: shown, and counted for nothing. */
  forged: Signed[]
}

const order = ({ statement }: Signed): number =>
  typeof statement.number === 'number' ? statement.number : 0

function genuine(box: BoxDetail, signed: Signed): boolean {
  const { v, box: about, side } = signed.statement ?? {}
  const fits = v === 1 && about === box.id && SIDES.includes(side)
  return fits && verifyStatement(box.manifest.body[side].agent, signed)
}

export function heard(box: BoxDetail): Heard {
  const latest = new Map<string, Signed>()
  const forged: Signed[] = []
  for (const signed of box.statements ?? []) {
    if (!genuine(box, signed)) {
      forged.push(signed)
      continue
    }
    const name = `${signed.statement.side} ${signed.statement.kind}`
    const known = latest.get(name)
    if (!known || order(known) <= order(signed)) latest.set(name, signed)
  }
  return { said: (side, kind) => latest.get(`${side} ${kind}`), forged }
}
