/** Which boxes this device works with, and how the receipt tells how far a ballot has come. */
import { beforeAll, expect, test } from 'vitest'
import { b64, systemEntropy } from '@shared/crypto/bytes'
import { documentHash, signDocument } from '@shared/crypto/document'
import { type TrialBox, trialBox } from '@shared/crypto/trial'
import type { BoxDetail, ManifestBody } from '@shared/types'
import { checkManifest, notAdopted } from './manifest'
import { receiptSteps } from './progress'

let trial: TrialBox
beforeAll(async () => {
  const name = { period: '2026', direction: 'bar_rates_bench' as const }
  trial = await trialBox(name, 'f'.repeat(64), 'https://relay.example')
})

/** The box with another manifest, signed as the first one was. */
function changed(change: Partial<ManifestBody>): BoxDetail {
  const body = { ...trial.body, ...change }
  const hash = documentHash(body)
  const signatures = trial.detail.manifest.signatures.map((each) => ({
    ...each,
    signature: b64(signDocument(trial.keys[each.side].signing.secret, 'manifest', hash)),
  }))
  return { ...trial.detail, manifest: { body, hash, signatures } }
}

test('a manifest of this box and suite, signed by both sides, is accepted', () => {
  expect(() => checkManifest(trial.detail, trial.box)).not.toThrow()
  expect(() => checkManifest(changed({ kind: 'pilot' }), trial.box)).not.toThrow()
})

test.each<[string, Partial<ManifestBody>]>([
  ['another version', { v: 1 as 2 }],
  ['another suite', { suite: 'HPB1' }],
  ['another box', { box: '2027.bar_rates_bench' }],
  ['a direction that is not the box', { direction: 'bench_rates_bar' }],
  ['a relay with a path', { relay: { origin: 'https://relay.example/x', receipt: '' } }],
  ['a relay of another scheme', { relay: { origin: 'javascript:alert(1)', receipt: '' } }],
  ['no relay', { relay: undefined as never }],
  ['a rehearsal', { rehearsal: true }],
])('refused: %s', (_, change) => {
  expect(() => checkManifest(changed(change), trial.box)).toThrow('document-mismatch')
})

test('a manifest that was changed after it was signed is refused', () => {
  const { manifest } = trial.detail
  const body = { ...manifest.body, platform: b64(systemEntropy(32)) }
  const swapped = { ...trial.detail, manifest: { ...manifest, body } }
  expect(() => checkManifest(swapped, trial.box)).toThrow('document-mismatch')
  const rehashed = { ...manifest, body, hash: documentHash(body) }
  expect(() => checkManifest({ ...trial.detail, manifest: rehashed }, trial.box)).toThrow()
  const one = { ...manifest, signatures: manifest.signatures.slice(1) }
  expect(() => checkManifest({ ...trial.detail, manifest: one }, trial.box)).toThrow()
})

test('a side has adopted a manifest when its agent says so of this very one', () => {
  const { detail, says } = trial
  const adopted = (side: 'bench' | 'bar', manifest = detail.manifest.hash) =>
    says(side, 'adopted', { manifest })
  const missing = (...statements: BoxDetail['statements']) => notAdopted({ ...detail, statements })
  expect(notAdopted(detail)).toEqual([])
  expect(missing()).toEqual(['bench', 'bar'])
  expect(missing(adopted('bench'))).toEqual(['bar'])
  expect(missing(adopted('bench'), adopted('bar', 'a'.repeat(64)))).toEqual(['bar'])
  const forged = { ...adopted('bar'), signature: adopted('bench').signature }
  expect(missing(adopted('bench'), forged)).toEqual(['bar'])
  const closed = says('bar', 'closed', { manifest: detail.manifest.hash })
  expect(missing(adopted('bench'), closed)).toEqual(['bar'])
})

const result = {
  ...{ sound: true, root: 'r', accepted: 7, place: 'accepted', refusedBy: undefined },
  ...{ open: true, counted: 'closed' },
} as const
const words = (change: object) =>
  receiptSteps({ ...result, ...change } as never).map((step) => step.words)

test('a receipt says how far its ballot has come, and stops where something is wrong', () => {
  expect(receiptSteps(undefined).map((step) => step.words)).toEqual([
    ...['stored', 'pending', 'box', 'count'],
  ])
  expect(words({ place: 'listed' })).toEqual(['stored', 'pending', 'box', 'count'])
  expect(words({ place: 'absent' })).toEqual(['stored', 'pending', 'box', 'count'])
  expect(words({ place: 'absent', open: false })[1]).toBe('missing')
  expect(words({ place: 'refused', refusedBy: 'bar' })[1]).toBe('refusedLeaf')
  expect(words({ sound: false })[1]).toBe('unsound')
  expect(words({})).toEqual(['stored', 'confirmed', 'accepted', 'count'])
  expect(words({ counted: 'found' })[3]).toBe('counted')
  expect(words({ counted: 'missing' })[3]).toBe('uncounted')
  expect(words({ counted: 'destroyed' })[3]).toBe('destroyed')
})
