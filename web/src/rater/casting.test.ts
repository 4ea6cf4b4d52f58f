/** Sealed ballots on the device: nothing is lost without a network, nothing is counted twice, drafts do not stay. */
import { beforeEach, expect, test, vi } from 'vitest'

const stored = new Map<string, string>()
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
}
// Keys of the real localStorage are its own enumerable properties.
vi.stubGlobal(
  'localStorage',
  new Proxy(storage, {
    ownKeys: () => [...stored.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  }),
)

const { castBallot, deliverQueue, sealBallot } = await import('./casting')
const { readCasts, readDraft, writeDraft, writeSeed } = await import('./device')
const { castOf, work } = await import('./work')
const { session } = await import('@shared/session')
const { b64, systemEntropy } = await import('@shared/crypto/bytes')
const { hpkeSuite } = await import('@shared/crypto/seal')

const period = { id: '2026', title: { zh: '', en: '' }, kind: 'regular', cast_until: '2027-01-31' }
const rubric = 'f'.repeat(64)
const item = {
  ...{
    id: 'one',
    state: 'issued',
    case_number: '（2026）鲁0202民初1号',
    cause: '',
    case_type: 'civil',
  },
  court: { code: '鲁0202', name: '市南区人民法院', short: '市南法院' },
  ...{ effective_on: '2026-10-12', days_left: 9, cast_until: '2027-01-31', not_applicable: [] },
  ratee: { name: '某', function: 'handling' },
  slip: { info: '', ratee: 'r', court: '鲁0202', stratum: 'civil.for', rubric },
} as const

const answers = { notice: 5, issues: null } as const
const posts: { init: RequestInit; body: { seq: number } }[] = []
let answer: () => Response | Promise<Response>

beforeEach(async () => {
  stored.clear()
  posts.length = 0
  session.account = { id: 'a', login: 'a', name: 'a', roles: ['rater'] }
  const key = async () => {
    const pair = await hpkeSuite().GenerateKeyPair(true)
    return b64(await hpkeSuite().SerializePublicKey(pair.publicKey))
  }
  const opening = { bench: await key(), bar: await key() }
  const box = '2026.bar_rates_bench'
  work.invitations = { period, box, items: [item] } as never
  work.box = { id: box, manifest: { body: { rubric, opening } } } as never
  work.casts = []
  writeSeed('a', '2026', { bytes: systemEntropy(32), recovered: false, shown: true })
  writeDraft('a', 'one', { answers })
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    posts.push({ init, body: JSON.parse(String(init.body)) })
    return answer()
  })
})

const ok = () => new Response('{"leaf":"","box":"","status":"stored"}')
const refused = () => new Response('{"code":"cast-refused"}', { status: 409 })

test('a delivered ballot leaves a receipt and neither draft nor envelope', async () => {
  answer = ok
  await castBallot(item as never, answers)
  expect(castOf('one')).toMatchObject({ state: 'stored', seq: 1, cast: null })
  expect(readDraft('a', 'one')).toBeUndefined()
  expect(JSON.stringify([...stored])).not.toContain('envelope')
  expect(posts[0]!.init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' })
})

test('without a network it waits, and the same bytes go out until they are acknowledged', async () => {
  answer = () => Promise.reject(new TypeError('offline'))
  await castBallot(item as never, answers)
  expect(castOf('one')).toMatchObject({ state: 'queued' })
  expect(await deliverQueue()).toBe(false)
  answer = () => new Response('', { status: 503 })
  expect(await deliverQueue()).toBe(false)
  answer = ok
  expect(await deliverQueue()).toBe(true)
  expect(castOf('one')).toMatchObject({ state: 'stored', cast: null })
  expect(new Set(posts.map((each) => String(each.init.body))).size).toBe(1)
})

test('a refusal is final, said, and not repeated', async () => {
  answer = refused
  await castBallot(item as never, answers)
  expect(castOf('one')).toMatchObject({ state: 'refused', cast: null })
  expect(await deliverQueue()).toBe(true)
  expect(posts.length).toBe(1)
})

test('a change takes the next number and replaces what still waits', async () => {
  answer = () => Promise.reject(new TypeError('offline'))
  await castBallot(item as never, answers)
  const first = castOf('one')!.leaf
  await castBallot(item as never, { notice: 1, issues: 2 })
  expect(castOf('one')).toMatchObject({ seq: 2, state: 'queued' })
  expect(castOf('one')!.leaf).not.toBe(first)
  expect(readCasts('a').length).toBe(1)
})

test('a refused change leaves the receipt of the ballot that stands', async () => {
  answer = ok
  await castBallot(item as never, answers)
  const leaf = castOf('one')!.leaf
  answer = refused
  await castBallot(item as never, { notice: 1, issues: 2 })
  expect(castOf('one')).toMatchObject({ state: 'stored', seq: 1, leaf, change_refused: true })
})

test('a recovered device does not know the last number and finds the next free one', async () => {
  writeSeed('a', '2026', { bytes: systemEntropy(32), recovered: true, shown: true })
  answer = () => (posts.length < 4 ? refused() : ok())
  await castBallot(item as never, answers)
  expect(posts.map((each) => each.body.seq)).toEqual([1, 2, 3, 4])
  expect(castOf('one')).toMatchObject({ seq: 4, state: 'stored' })
})

test('a recovered device stops at the eighth number', async () => {
  writeSeed('a', '2026', { bytes: systemEntropy(32), recovered: true, shown: true })
  answer = refused
  await castBallot(item as never, answers)
  expect(posts.length).toBe(8)
  expect(castOf('one')).toMatchObject({ state: 'refused' })
})

test('nothing is sealed under another rubric than the manifest names', async () => {
  const other = { ...item, slip: { ...item.slip, rubric: 'e'.repeat(64) } }
  await expect(sealBallot(other as never, answers)).rejects.toThrow('document-mismatch')
  expect(readDraft('a', 'one')).toBeDefined()
})
