/** What all rounds share: the keys of the trial, and what came of them. */
import type { Side } from '../src/shared/crypto/derive'

interface Pair {
  secret: string
  public: string
}
export type TrialKeys = Record<'issuer' | 'mix' | 'opening', Record<Side, Pair>>

/** What came of all rounds. */
export class Tally {
  agreed = 0
  /** Changes by name: tried, and accepted. */
  readonly changes: Record<string, [number, number]> = {}
  readonly control = { wrong_keys: 0, accepted: 0, marked: 0 }

  changed(name: string, accepted: boolean): void {
    const entry = (this.changes[name] ??= [0, 0])
    entry[0] += 1
    entry[1] += Number(accepted)
  }

  sum(of: 0 | 1): number {
    return Object.values(this.changes).reduce((sum, entry) => sum + entry[of], 0)
  }
}

export const both = <T>(of: (side: Side) => T): Record<Side, T> => ({
  bench: of('bench'),
  bar: of('bar'),
})
