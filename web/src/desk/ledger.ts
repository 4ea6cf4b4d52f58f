/**
 * The ledger of one box: how many may rate, how many tokens each side issued, how many ballots came, were refused, were
 * counted; and the sums that must hold between them. Numbers of a side are taken from statements its agent signed.
 */
import type { BoxDetail, OpeningCounts, Side } from '@shared/types'
import { heard } from './heard'

export type Entry =
  | 'eligible'
  | 'stamps'
  | 'slips'
  | 'nyms'
  | 'accepted'
  | 'logRefused'
  | 'mixTaken'
  | 'mixRefused'
  | 'listed'
  | 'invalid'
  | 'duplicate'
  | 'valid'

/** Null where a party says nothing about an entry, or nothing yet. */
export type LedgerRow = Record<Side | 'platform', number | null> & { entry: Entry }

export interface LedgerCheck {
  name: string
  left: number | null
  sign: '=' | '≤'
  right: number | null
  /** Null while a number is missing. */
  holds: boolean | null
}

export interface Ledger {
  rows: LedgerRow[]
  checks: LedgerCheck[]
  /** Statements whose signature fails: they count for nothing. */
  forged: number
}

type Fields = Record<string, unknown>

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const sizeOf = (value: unknown): number | null => (Array.isArray(value) ? value.length : null)

export function ledgerOf(box: BoxDetail, opened: OpeningCounts | null): Ledger {
  const { said: by, forged } = heard(box)
  const fields = (side: Side, kind: string) => (by(side, kind)?.statement ?? {}) as Fields
  const { counts } = box
  const sides = (of: (side: Side) => number | null) => ({ bench: of('bench'), bar: of('bar') })
  const said = (kind: string, field: string) => sides((side) => number(fields(side, kind)[field]))
  const none = sides(() => null)
  const row = (entry: Entry, of: Record<Side, number | null>, platform?: number | null) => ({
    ...{ entry, ...of, platform: platform ?? null },
  })
  const { tokens } = counts
  const rows: LedgerRow[] = [
    row('eligible', said('eligibility', 'total'), counts.eligible),
    row('stamps', said('ledger', 'stamps'), tokens?.stamps),
    row('slips', said('ledger', 'slips'), tokens?.slips),
    row('nyms', said('ledger', 'nyms'), tokens?.nyms),
    row('accepted', said('closed', 'stamps'), counts.sealed),
    row('logRefused', said('ledger', 'refused'), counts.log_refused),
    row('mixTaken', said('mixed', 'taken')),
    row(
      'mixRefused',
      sides((side) => sizeOf(fields(side, 'mixed').refused)),
      opened?.refused,
    ),
    row('listed', said('listed', 'count')),
    row('invalid', none, opened?.invalid ?? counts.invalid),
    row('duplicate', none, opened?.duplicate ?? counts.duplicate),
    row('valid', none, opened?.valid ?? counts.valid),
  ]
  const lists = sides((side) => number(fields(side, 'eligibility').number))
  const sameList = lists.bench === lists.bar && lists.bench === counts.lists
  const checks = checksOf(rows, said('mixed', 'passed'), opened, sameList)
  return { rows, checks, forged: forged.length }
}

/** Entries that all three parties give; where the agents refuse, each counts its own. */
const BY_BOTH = ['eligible', 'stamps', 'slips', 'nyms', 'accepted', 'listed'] as const
const BY_EACH = ['logRefused', 'mixRefused'] as const

function checksOf(
  rows: LedgerRow[],
  passed: Record<Side, number | null>,
  opened: OpeningCounts | null,
  sameList: boolean,
): LedgerCheck[] {
  const of = (entry: Entry) => rows.find((row) => row.entry === entry)!
  /** What any party says, where nobody contradicts; a contradiction is a check of its own. */
  const one = (entry: Entry) => {
    const { platform, bench, bar } = of(entry)
    return platform ?? bench ?? bar
  }
  const [taken, refused] = [of('mixTaken'), of('mixRefused')]
  const refusedByBoth = sum(refused.bench, refused.bar)
  const counted = sum(one('invalid'), one('duplicate'), one('valid'))
  /** A list that somebody has not agreed to yet is compared with nothing. */
  const early = ({ entry }: LedgerRow) => entry === 'eligible' && !sameList
  const open = (found: LedgerCheck[], row: LedgerRow) =>
    early(row) ? found.map((each) => ({ ...each, holds: null })) : found
  return [
    ...BY_BOTH.flatMap((entry) => open(agree(of(entry)), of(entry))),
    ...BY_BOTH.flatMap((entry) => open(platform(of(entry), agreed(of(entry))), of(entry))),
    ...BY_EACH.flatMap((entry) => platform(of(entry), sum(of(entry).bench, of(entry).bar))),
    check('stampPerSlip', one('stamps'), '=', one('slips')),
    check('issuedOfEligible', one('stamps'), '≤', one('eligible')),
    check('acceptedOfIssued', one('accepted'), '≤', one('stamps')),
    check('mixBench', sum(passed.bench, refused.bench), '=', taken.bench),
    check('benchToBar', taken.bar, '=', passed.bench),
    check('mixBar', sum(passed.bar, refused.bar), '=', taken.bar),
    check('listedOfMix', one('listed'), '=', passed.bar),
    check(
      'opening',
      sum(opened?.refused ?? refusedByBoth, counted),
      '=',
      opened?.in ?? one('accepted'),
    ),
    check('counted', counted, '=', one('listed')),
    check('inOfAccepted', opened?.in ?? null, '=', one('accepted')),
  ]
}

/** Both agents say the same; left out where only one of them says anything. */
function agree({ entry, bench, bar }: LedgerRow): LedgerCheck[] {
  return bench === null || bar === null ? [] : [check(`agree.${entry}`, bench, '=', bar)]
}

/** What both agents say, where they say the same. */
const agreed = ({ bench, bar }: LedgerRow): number | null => (bench === bar ? bench : null)

/** The platform says what the agents signed; left out where it says nothing. */
function platform({ entry, platform }: LedgerRow, signed: number | null): LedgerCheck[] {
  return platform === null ? [] : [check(`platform.${entry}`, platform, '=', signed)]
}

function sum(...parts: (number | null)[]): number | null {
  return parts.reduce((whole, part) => (whole === null || part === null ? null : whole + part), 0)
}

function check(
  name: string,
  left: number | null,
  sign: LedgerCheck['sign'],
  right: number | null,
): LedgerCheck {
  const known = left !== null && right !== null
  const holds = known ? (sign === '=' ? left === right : left <= right) : null
  return { name, left, sign, right, holds }
}

export type Verdict = 'broken' | 'holds' | 'open'

/** A sum that cannot be made yet is open. */
export const verdictOn = ({ holds }: LedgerCheck): Verdict =>
  holds === null ? 'open' : holds ? 'holds' : 'broken'

/** Whether anything is broken, a signature included, and whether any sum could be made at all. */
export function verdictOf({ checks, forged }: Ledger): Verdict {
  const verdicts = checks.map(verdictOn)
  if (forged > 0 || verdicts.includes('broken')) return 'broken'
  return verdicts.includes('holds') ? 'holds' : 'open'
}
