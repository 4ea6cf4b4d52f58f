/** What a round is about: a box, a rater and a case, drawn anew each time. */
import { hex, systemEntropy } from '../src/shared/crypto/bytes'
import {
  type BoxName,
  type Kind,
  type SlipFacts,
  boxId,
  infoOf,
  nonceOf,
} from '../src/shared/crypto/derive'

const KINDS: Kind[] = ['stamp', 'slip', 'nym']
const PERIODS = ['2026', '2026-h1', '2027', 'pilot']
const DIRECTIONS = ['bar_rates_bench', 'bench_rates_bar'] as const
const COURTS = ['鲁02', '鲁0202', '鲁0203', '鲁0212']
const TYPES = ['civil', 'criminal', 'administrative', 'enforcement']
const OUTCOMES = ['for', 'against', 'mixed', 'none']

export const random = (length: number) => hex(systemEntropy(length))
export const below = (n: number) => systemEntropy(1)[0]! % n
const one = <T>(of: readonly T[]): T => of[below(of.length)]!
const another = <T>(of: readonly T[], than: T): T => one(of.filter((each) => each !== than))

export interface Drawn {
  kind: Kind
  box: BoxName
  facts: SlipFacts
  home: string
  role: string
  seed: Uint8Array
  invitation: string
  /** What blinds and nonces of the kind are derived for. */
  id: string
}

export function draw(): Drawn {
  const box = { period: one(PERIODS), direction: one(DIRECTIONS) }
  const kind = one(KINDS)
  const invitation = random(16)
  const stratum = `${one(TYPES)}.${one(OUTCOMES)}`
  return {
    ...{ kind, box, invitation, seed: systemEntropy(32) },
    facts: { ratee: `r-${random(6)}`, court: one(COURTS), stratum, rubric: random(32) },
    ...{ home: one(COURTS), role: one(['judge', 'lawyer']) },
    id: kind === 'nym' ? boxId(box) : invitation,
  }
}

export const infoFor = ({ box, facts, home, role }: Drawn, kind: Kind): string =>
  kind === 'stamp'
    ? infoOf.stamp(box)
    : kind === 'slip'
      ? infoOf.slip(box, facts)
      : infoOf.nym(box, home, role)

export const nonceFor = (drawn: Drawn, kind: Kind): Uint8Array =>
  nonceOf(drawn.seed, kind, kind === 'nym' ? boxId(drawn.box) : drawn.invitation)

export const otherPeriod = ({ period, direction }: BoxName): BoxName => ({
  period: another(PERIODS, period),
  direction,
})
export const otherDirection = ({ period, direction }: BoxName): BoxName => ({
  period,
  direction: another(DIRECTIONS, direction),
})

/** The infos next to that of a drawn token: each differs in one thing. */
export function otherInfos(drawn: Drawn): Record<string, string> {
  const { kind, box, facts, home, role } = drawn
  const of = (change: Partial<Drawn>) => infoFor({ ...drawn, ...change }, kind)
  return {
    info: infoFor(drawn, another(KINDS, kind)),
    period: of({ box: otherPeriod(box) }),
    direction: of({ box: otherDirection(box) }),
    ...(kind === 'slip' && {
      ratee: of({ facts: { ...facts, ratee: `r-${random(6)}` } }),
      court: of({ facts: { ...facts, court: another(COURTS, facts.court) } }),
      rubric: of({ facts: { ...facts, rubric: random(32) } }),
    }),
    ...(kind === 'nym' && {
      home: of({ home: another(COURTS, home) }),
      role: of({ role: another(['judge', 'lawyer'], role) }),
    }),
  }
}

/** The same bytes with one bit changed. */
export function flipped(bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array {
  const out = bytes.slice()
  const at = from + (((below(256) << 8) | below(256)) % (to - from))
  out[at]! ^= 1 << below(8)
  return out
}
