/** Sealed ballots on the device: nothing is lost without a network, nothing is counted twice, drafts do not stay. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { CastPost } from '@shared/types'
import { storage, stored } from './storage.trial'

const { castBallot, checkSealable, deliver, deliverQueue, keepDelivering, sealBallot } =
  await import('./casting')
const { readCasts, readDraft, writeDraft, writeSeed, writeTokens } = await import('./device')
const { castOf, work } = await import('./work')
const { session } = await import('@shared/session')
const { onSignedOut } = await import('@shared/api')
const { b64, fromB64, systemEntropy } = await import('@shared/crypto/bytes')
const { nonceOf } = await import('@shared/crypto/derive')
const { leafHash } = await import('@shared/crypto/log')
const { trialBox } = await import('@shared/crypto/trial')

const period = { id: '2026', title: { zh: '', en: '' }, kind: 'regular', cast_until: '2027-01-31' }
const rubric = 'f'.repeat(64)
const relay = 'https://relay.example'
const trial = await trialBox({ period: '2026', direction: 'bar_rates_bench' }, rubric, relay)
const item = {
  ...{
    id: 'one',
    state: 'issued',
    listed: true,
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
type Post = { url: string; init: RequestInit; body: CastPost }
const posts: Post[] = []
let answer: (post: Post) => Response | Promise<Response>
let asked: string[]

function newSeed(recovered: boolean) {
  const bytes = systemEntropy(32)
  writeSeed('a', '2026', { bytes, recovered, shown: true })
  return bytes
}

beforeEach(() => {
  stored.clear()
  posts.length = 0
  asked = []
  session.account = { id: 'a', login: 'a', name: 'a', roles: ['rater'], side: 'bar', number: 'n' }
  session.today = '2026-12-01'
  const items = [item]
  work.invitations = { period, box: trial.box, home: '鲁0203', role: 'lawyer', items } as never
  work.box = structuredClone(trial.detail)
  work.notAdopted = []
  work.casts = []
  newSeed(false)
  // Any tags do here: what makes them true is tested with the credentials.
  const tags = () => ({ bench: b64(systemEntropy(64)), bar: b64(systemEntropy(64)) })
  writeTokens('a', '2026', { nym: tags(), of: { one: { stamp: tags(), slip: tags() } } })
  writeDraft('a', 'one', { answers })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (!url.startsWith(relay)) {
      asked.push(url)
      return Response.json({ state: 'open' })
    }
    const post = { url, init, body: JSON.parse(String(init.body)) }
    posts.push(post)
    return answer(post)
  })
})

/** The relay's own view of a cast: its leaf comes out of the bytes it got. */
const leafOf = ({ stamp, envelope }: CastPost) =>
  leafHash(fromB64(stamp).slice(0, 32), fromB64(envelope))
const ok = ({ body }: Post) =>
  Response.json(trial.receiptOf({ box: body.box, leaf: leafOf(body), seq: body.seq }))
const refused = () => new Response('{"code":"cast-refused"}', { status: 409 })

test('a delivered ballot leaves a receipt and neither draft nor envelope', async () => {
  answer = ok
  await castBallot(item as never, answers)
  expect(castOf('one')).toMatchObject({ state: 'stored', seq: 1, cast: null })
  expect(readDraft('a', 'one')).toBeUndefined()
  expect(JSON.stringify([...stored])).not.toContain('envelope')
  expect(posts[0]!.url).toBe(`${relay}/box`)
  expect(posts[0]!.init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' })
})

test('the receipt is kept: the signature of the relay over the leaf this device computed', async () => {
  answer = ok
  await castBallot(item as never, answers)
  const { leaf, receipt, counted } = castOf('one')!
  expect(leaf).toBe(leafOf(posts[0]!.body))
  expect(receipt).toBe(trial.receiptOf({ box: trial.box, leaf, seq: 1 }).signature)
  expect(counted).toMatch(/^[0-9a-f]{64}$/)
})

test('the stamp that travels is nonce and both tags; slip and nym travel inside only', async () => {
  answer = ok
  const seed = newSeed(false)
  await castBallot(item as never, answers)
  const { body } = posts[0]!
  expect(fromB64(body.stamp).length).toBe(160)
  expect(fromB64(body.stamp).slice(0, 32)).toEqual(nonceOf(seed, 'stamp', 'one'))
  expect(fromB64(body.envelope).length).toBe(6748)
  expect(JSON.stringify(body)).not.toContain(b64(nonceOf(seed, 'slip', 'one')).slice(0, 40))
})

test('a receipt that does not hold counts for nothing: the same bytes are sent again', async () => {
  answer = ({ body }) =>
    Response.json(trial.receiptOf({ box: body.box, leaf: 'a'.repeat(64), seq: body.seq }))
  await castBallot(item as never, answers)
  expect(castOf('one')).toMatchObject({ state: 'queued', receipt: null, receipt_wrong: true })
  answer = ok
  expect(await deliverQueue()).toBe(true)
  expect(castOf('one')).toMatchObject({ state: 'stored', cast: null })
  expect(castOf('one')!.receipt_wrong).toBeUndefined()
  expect(posts[0]!.init.body).toBe(posts[1]!.init.body)
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
  expect(castOf('one')).toMatchObject({ state: 'refused', cast: null, refused: 'used' })
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
  newSeed(true)
  answer = (post) => (posts.length < 4 ? refused() : ok(post))
  await castBallot(item as never, answers)
  expect(posts.map((each) => each.body.seq)).toEqual([1, 2, 3, 4])
  expect(castOf('one')).toMatchObject({ seq: 4, state: 'stored' })
})

test('a recovered device stops at the eighth number', async () => {
  newSeed(true)
  answer = refused
  await castBallot(item as never, answers)
  expect(posts.length).toBe(8)
  expect(castOf('one')).toMatchObject({ state: 'refused', refused: 'spent' })
})

test('a recovered device whose own ballot was overtaken goes on to the next free number', async () => {
  newSeed(true)
  answer = ok
  await castBallot(item as never, answers)
  // Another device has used 2 to 4 since.
  answer = (post) => (post.body.seq < 5 ? refused() : ok(post))
  await castBallot(item as never, { notice: 1, issues: 2 })
  expect(posts.map((each) => each.body.seq)).toEqual([1, 2, 3, 4, 5])
  expect(castOf('one')).toMatchObject({ seq: 5, state: 'stored' })
  expect(castOf('one')!.change_refused).toBeUndefined()
})

test('where no number is free it stops, keeps the receipt it had, and says so', async () => {
  newSeed(true)
  answer = ok
  await castBallot(item as never, answers)
  const leaf = castOf('one')!.leaf
  answer = (post) => {
    if (posts.length > 20) throw new Error('it never stops')
    return post.body.seq > 0 ? refused() : ok(post)
  }
  await castBallot(item as never, { notice: 1, issues: 2 })
  expect(posts.map((each) => each.body.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(castOf('one')).toMatchObject({ state: 'stored', seq: 1, leaf, change_refused: true })
  expect(castOf('one')).toMatchObject({ refused: 'spent' })
  await expect(castBallot(item as never, answers)).rejects.toThrow('numbers-spent')
  expect(posts.length).toBe(8)
})

test('a number that was refused once is not tried again', async () => {
  answer = ok
  await castBallot(item as never, answers)
  answer = refused
  await castBallot(item as never, answers)
  answer = ok
  await castBallot(item as never, answers)
  expect(posts.map((each) => each.body.seq)).toEqual([1, 2, 3])
  expect(castOf('one')).toMatchObject({ seq: 3, state: 'stored' })
})

test('nothing is sealed under another rubric than the manifest names', async () => {
  const other = { ...item, slip: { ...item.slip, rubric: 'e'.repeat(64) } }
  await expect(sealBallot(other as never, answers)).rejects.toThrow('document-mismatch')
  expect(readDraft('a', 'one')).toBeDefined()
})

test('nothing is sealed before the tokens are whole', async () => {
  const { nym } = JSON.parse(stored.get('hengping.tokens.a.2026')!)
  const half = { bench: nym.bench }
  writeTokens('a', '2026', { nym, of: { one: { stamp: nym, slip: half } } })
  await expect(sealBallot(item as never, answers)).rejects.toThrow('tokens-missing')
  writeTokens('a', '2026', { nym: half, of: { one: { stamp: nym, slip: nym } } })
  await expect(sealBallot(item as never, answers)).rejects.toThrow('tokens-missing')
  writeTokens('a', '2026', { nym, of: { one: { stamp: nym, slip: nym } } })
  expect((await sealBallot(item as never, answers)).state).toBe('queued')
})

test.each([
  ['invitation-gone', { state: 'recused' }, {}, []],
  ['cast-late', { days_left: -1 }, {}, []],
  ['box-closed', {}, { state: 'closed' }, []],
  ['manifest-not-adopted', {}, {}, ['bar']],
] as const)('each reason not to seal has its own words: %s', (code, change, box, missing) => {
  Object.assign(work.box!, box)
  work.notAdopted = [...missing]
  expect(() => checkSealable({ ...item, ...change } as never)).toThrow(code)
  expect(() => checkSealable(undefined)).toThrow('invitation-gone')
})

test.each([
  ['late', '2027-02-01', 'open', [item]],
  ['closed', '2026-12-01', 'closed', [item]],
  ['gone', '2026-12-01', 'open', []],
] as const)(
  'the one answer of the relay is told apart: %s',
  async (reason, today, state, items) => {
    answer = () => {
      Object.assign(work.invitations!, { items })
      return refused()
    }
    session.today = today
    const sealed = await sealBallot(item as never, answers)
    work.box!.state = state
    await deliver('a', sealed)
    expect(castOf('one')).toMatchObject({ state: 'refused', refused: reason })
  },
)

test('no request with a cookie follows a cast, whatever the relay answers', async () => {
  for (const each of [ok, refused, () => new Response('', { status: 503 })]) {
    answer = each
    await castBallot(item as never, answers)
  }
  expect(posts.length).toBeGreaterThanOrEqual(3)
  for (const { init } of posts) expect(init.credentials).toBe('omit')
  expect(asked).toEqual([])
})

test('the list of whoever is signed in says nothing about the ballot of another account', async () => {
  answer = () => Promise.reject(new TypeError('offline'))
  await castBallot(item as never, answers)
  Object.assign(session.account!, { id: 'b' })
  work.invitations!.items = []
  answer = refused
  await deliverQueue()
  expect(readCasts('a')[0]).toMatchObject({ state: 'refused', refused: 'used' })
})

test('the relay cannot sign anybody out', async () => {
  let out = false
  onSignedOut(() => (out = true))
  answer = () => new Response('{"code":"sign-in-required"}', { status: 409 })
  await castBallot(item as never, answers)
  expect(out).toBe(false)
})

/** A page's clock in the test's hands. */
function turnTheClock() {
  vi.useFakeTimers()
  vi.stubGlobal('window', {
    addEventListener: () => undefined,
    setTimeout: (step: () => void, ms: number) => setTimeout(step, ms),
  })
}

test('a page that has just been opened delivers when its own requests are over', async () => {
  answer = () => Promise.reject(new TypeError('offline'))
  await castBallot(item as never, answers)
  answer = ok
  turnTheClock()
  keepDelivering()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(posts.length).toBe(1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(castOf('one')).toMatchObject({ state: 'stored' })
  vi.useRealTimers()
})

test('an attempt that could not be written down is made again', async () => {
  answer = () => Promise.reject(new TypeError('offline'))
  await castBallot(item as never, answers)
  answer = ok
  turnTheClock()
  let full = true
  const write = storage.setItem
  storage.setItem = (key, value) => {
    if (full) throw new Error('full')
    write(key, value)
  }
  keepDelivering()
  await vi.advanceTimersByTimeAsync(6_000)
  expect(castOf('one')).toMatchObject({ state: 'queued' })
  full = false
  await vi.advanceTimersByTimeAsync(60_000)
  storage.setItem = write
  vi.useRealTimers()
  expect(readCasts('a')[0]).toMatchObject({ state: 'stored' })
})
