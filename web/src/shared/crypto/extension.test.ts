/** What moves a last day, and what does not. */
import { beforeAll, expect, test } from 'vitest'
import type { BoxDetail, ExtensionBody, Side } from '../types'
import { b64 } from './bytes'
import { SIDES } from './derive'
import { documentHash, signDocument } from './document'
import { inForce, lastDay } from './extension'
import { type TrialBox, trialBox } from './trial'

const LAST = '2027-01-31'
const NEXT = '2027-02-28'
const THIRD = '2027-03-31'

let trial: TrialBox
beforeAll(async () => {
  const name = { period: '2026', direction: 'bar_rates_bench' as const }
  trial = await trialBox(name, 'f'.repeat(64), 'https://relay.example')
})

const bodyOf = (was_until: string, cast_until: string, change = {}): ExtensionBody => ({
  ...{ v: 1, box: trial.box, manifest: trial.detail.manifest.hash, was_until, cast_until },
  reason: { zh: '未满五十份', en: 'Fewer than fifty' },
  ...change,
})

function signed(body: ExtensionBody, sides: Side[] = [...SIDES]) {
  const hash = documentHash(body)
  const signatures = sides.map((side) => ({
    ...{ side, key: trial.keys[side].signing.public, signed_on: LAST },
    signature: b64(signDocument(trial.keys[side].signing.secret, 'extension', hash)),
  }))
  return { body, hash, signatures, in_force: true }
}

/** The box with extensions on record, adopted by these sides. */
function withThem(all: ReturnType<typeof signed>[], by: Side[] = [...SIDES]): BoxDetail {
  const word = ({ hash: extension, body: { cast_until } }: ReturnType<typeof signed>) =>
    by.map((side) => trial.says(side, 'extended', { extension, cast_until }))
  const statements = [...trial.detail.statements, ...all.flatMap(word)]
  return { ...trial.detail, extensions: all, statements }
}

test('a signed and adopted extension moves the last day, and the next one goes on from there', () => {
  expect(lastDay(trial.detail)).toBe(LAST)
  const [one, two] = [signed(bodyOf(LAST, NEXT)), signed(bodyOf(NEXT, THIRD))]
  expect(lastDay(withThem([one]))).toBe(NEXT)
  expect(lastDay(withThem([two, one]))).toBe(THIRD)
  expect(inForce(withThem([two, one])).map((each) => each.cast_until)).toEqual([NEXT, THIRD])
})

test('whatever the platform says, nothing else moves it', () => {
  const stays = (box: BoxDetail) => expect(lastDay(box)).toBe(LAST)
  stays(withThem([signed(bodyOf(LAST, NEXT), ['bench'])]))
  stays(withThem([signed(bodyOf(LAST, NEXT))], ['bar']))
  stays(withThem([signed(bodyOf(NEXT, THIRD))]))
  stays(withThem([signed(bodyOf(LAST, LAST))]))
  stays(withThem([signed(bodyOf(LAST, '2027-01-30'))]))
  stays(withThem([signed(bodyOf(LAST, 'z'))]))
  stays(withThem([signed(bodyOf(LAST, NEXT, { box: '2027.bar_rates_bench' }))]))
  stays(withThem([signed(bodyOf(LAST, NEXT, { manifest: 'a'.repeat(64) }))]))
  const changed = signed(bodyOf(LAST, NEXT))
  stays(withThem([{ ...changed, body: { ...changed.body, cast_until: THIRD } }]))
  const word = withThem([changed])
  const forged = word.statements.map((each) => ({
    ...each,
    signature: word.statements[0]!.signature,
  }))
  stays({ ...word, statements: forged })
  stays({ ...trial.detail, cast_until: THIRD })
})
