/** The ledger adds up where everybody tells the truth, and shows where somebody does not. */
import { beforeAll, expect, test } from 'vitest'
import { type TrialBox, trialBox } from '@shared/crypto/trial'
import type { BoxDetail, OpeningCounts, Side, Signed } from '@shared/types'
import { heard } from './heard'
import { type Entry, ledgerOf, verdictOf } from './ledger'

let trial: TrialBox
beforeAll(async () => {
  const name = { period: '2026', direction: 'bar_rates_bench' as const }
  trial = await trialBox(name, 'f'.repeat(64), 'https://relay.example')
})

const opened: OpeningCounts = { in: 50, refused: 3, invalid: 1, duplicate: 2, valid: 44 }
const digests = (n: number) => Array.from({ length: n }, (_, i) => `${i}`)

/** What both agents say of a box in which 60 tokens were issued and 50 ballots came. */
function statements(change: Partial<Record<Side, Record<string, object>>> = {}): Signed[] {
  const mixed = {
    bench: { taken: 50, passed: 49, refused: digests(1) },
    bar: { taken: 49, passed: 47, refused: digests(2) },
  }
  return (['bench', 'bar'] as const).flatMap((side) => {
    const kinds: Record<string, object> = {
      eligibility: { number: 2, root: '', count: 20, total: 80 },
      ledger: { stamps: 60, slips: 60, nyms: 30, spent: 50, refused: 1 },
      closed: { size: 55, root: '', stamps: 50 },
      mixed: mixed[side],
      listed: { list: '', count: 47 },
      ...change[side],
    }
    return Object.entries(kinds).map(([kind, fields]) => trial.says(side, kind, fields))
  })
}

function box(said: Signed[] = statements(), counts: object = {}): BoxDetail {
  return {
    ...trial.detail,
    statements: said,
    counts: {
      ...{ invited: 80, sealed: 50, eligible: 80, lists: 2, log_refused: 2 },
      ...{ tokens: { stamps: 60, slips: 60, nyms: 30 }, ...counts },
    },
  }
}

const broken = (detail: BoxDetail, counts: OpeningCounts | null = opened) =>
  ledgerOf(detail, counts)
    .checks.filter((each) => each.holds === false)
    .map((each) => each.name)

test('an honest box adds up, every sum of it', () => {
  const ledger = ledgerOf(box(), opened)
  expect(ledger.checks.every((each) => each.holds)).toBe(true)
  expect(verdictOf(ledger)).toBe('holds')
  const row = (entry: Entry) => ledger.rows.find((each) => each.entry === entry)
  expect(row('stamps')).toEqual({ entry: 'stamps', bench: 60, bar: 60, platform: 60 })
  expect(row('mixRefused')).toEqual({ entry: 'mixRefused', bench: 1, bar: 2, platform: 3 })
})

test('an open box has open sums and no broken one', () => {
  const early = ['eligibility', 'ledger']
  const said = statements().filter(({ statement }) => early.includes(statement.kind))
  const ledger = ledgerOf(box(said, { sealed: 20 }), null)
  expect(ledger.checks.filter((each) => each.holds === false)).toEqual([])
  expect(ledger.checks.some((each) => each.holds === null)).toBe(true)
  expect(verdictOf(ledgerOf({ ...box([]), counts: {} as never }, null))).toBe('open')
})

test.each<[string, Parameters<typeof statements>[0]]>([
  ['agree.stamps', { bar: { ledger: { stamps: 61, slips: 60, nyms: 30, refused: 1 } } }],
  ['agree.accepted', { bench: { closed: { stamps: 51 } } }],
  ['mixBench', { bench: { mixed: { taken: 50, passed: 49, refused: digests(0) } } }],
  ['benchToBar', { bar: { mixed: { taken: 48, passed: 47, refused: digests(1) } } }],
  ['mixBar', { bar: { mixed: { taken: 49, passed: 47, refused: digests(3) } } }],
  ['listedOfMix', { bench: { listed: { count: 46 } }, bar: { listed: { count: 46 } } }],
])('a wrong number breaks %s', (name, change) => {
  expect(broken(box(statements(change)))).toContain(name)
})

test('more tokens than cases, more ballots than tokens, and a lost ballot are seen', () => {
  expect(broken(box(undefined, { eligible: 59 }))).toContain('issuedOfEligible')
  expect(broken(box(undefined, { sealed: 61 }))).toContain('acceptedOfIssued')
  expect(broken(box(), { ...opened, valid: 43 })).toEqual(['opening', 'counted'])
  expect(broken(box(), { ...opened, in: 49, valid: 43 })).toContain('inOfAccepted')
})

test('of several lists the latest counts, wherever its statement stands', () => {
  const older = (side: Side) =>
    trial.says(side, 'eligibility', { number: 1, root: '', count: 60, total: 60 })
  const eligible = (said: Signed[]) => ledgerOf(box(said), opened).rows[0]
  const latest = { entry: 'eligible', bench: 80, bar: 80, platform: 80 }
  expect(eligible([...statements(), older('bench'), older('bar')])).toEqual(latest)
  expect(eligible([older('bar'), older('bench'), ...statements()])).toEqual(latest)
})

test('a list that one side has not agreed to yet is no contradiction', () => {
  const said = statements({ bar: { eligibility: { number: 1, root: '', count: 60, total: 60 } } })
  const { checks } = ledgerOf(box(said), opened)
  const of = (name: string) => checks.find((each) => each.name === name)
  expect(of('agree.eligible')).toMatchObject({ left: 80, right: 60, holds: null })
  expect(of('platform.eligible')!.holds).toBeNull()
  expect(broken(box(said))).toEqual([])
})

test.each<[string, object]>([
  ['eligible', { eligible: 81 }],
  ['stamps', { tokens: { stamps: 59, slips: 60, nyms: 30 } }],
  ['slips', { tokens: { stamps: 60, slips: 61, nyms: 30 } }],
  ['nyms', { tokens: { stamps: 60, slips: 60, nyms: 29 } }],
  ['accepted', { sealed: 49 }],
  ['logRefused', { log_refused: 0 }],
])('the platform against both agents: %s', (entry, counts) => {
  expect(broken(box())).toEqual([])
  expect(broken(box(undefined, counts))).toContain(`platform.${entry}`)
})

test('what the opening says was refused is what both agents refused', () => {
  expect(broken(box(), { ...opened, refused: 2, in: 49 })).toContain('platform.mixRefused')
})

test('where the agents contradict each other, the platform is not held against either', () => {
  const said = statements({ bar: { ledger: { stamps: 61, slips: 60, nyms: 30, refused: 1 } } })
  expect(broken(box(said))).toContain('agree.stamps')
  expect(broken(box(said))).not.toContain('platform.stamps')
})

test('a number whose statement is not signed counts for nothing, and the last one counts', () => {
  const forged = { ...trial.says('bench', 'ledger', { stamps: 1 }), signature: '' }
  const detail = box([...statements(), forged])
  expect(ledgerOf(detail, opened).rows[1]).toMatchObject({ bench: 60 })
  expect(heard(detail).forged).toEqual([forged])
  expect(verdictOf(ledgerOf(detail, opened))).toBe('broken')
  const later = trial.says('bench', 'ledger', { stamps: 1, slips: 1, nyms: 1 })
  expect(heard(box([...statements(), later])).said('bench', 'ledger')).toBe(later)
  const other = { ...detail, id: '2027.bar_rates_bench' }
  expect(heard(other).said('bench', 'ledger')).toBeUndefined()
})
