/** From an activation code to whole tokens: what is sent, what is believed, and what a second device gets. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TokenRequest } from '@shared/types'

const stored = new Map<string, string>()
vi.stubGlobal('localStorage', {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
})

const { prepareCredentials, forgetCredentials, tokensOf } = await import('./credentials')
const { adoptSeed, enrol } = await import('./enrolment')
const { readSeed, writeSeed } = await import('./device')
const { noTokens, work } = await import('./work')
const { session } = await import('@shared/session')
const { b64, fromB64, hex, systemEntropy } = await import('@shared/crypto/bytes')
const { tagOf } = await import('@shared/crypto/counterpart')
const { infoOf, requestKey } = await import('@shared/crypto/derive')
const { documentHash } = await import('@shared/crypto/document')
const { codeKey, enrolMac } = await import('@shared/crypto/enrol')
const { requestMessage } = await import('@shared/crypto/request')
const { trialBox } = await import('@shared/crypto/trial')

const rubric = 'f'.repeat(64)
const name = { period: '2026', direction: 'bar_rates_bench' as const }
const trial = await trialBox(name, rubric, 'https://relay.example')
const CODE = 'YK8Q01H3ZP7VT2C9M4XR'
const slipOf = (id: string) => ({
  ...{ ratee: `ratee-${id}`, court: '鲁0202', stratum: 'civil.for', rubric },
})
const lists = {
  ...{ home: '鲁0203', role: 'lawyer' },
  slips: { one: slipOf('one'), two: slipOf('two') },
}

/** The platform with both agents behind it. */
let reached: { bench: boolean; bar: boolean; own: boolean }
let issued: Map<string, string>
let requests: TokenRequest[]
let enrolled: string | undefined
let spoil: (side: 'bench' | 'bar', request: TokenRequest) => unknown

const certificate = () =>
  enrolled ? trial.says('bar', 'enrolled', { rater: 'n-1', request_key: enrolled }) : null

function enrolment(body: { box: string; request_key: string; mac: string }) {
  const right = b64(enrolMac(codeKey(CODE), trial.box, 'n-1', body.request_key))
  if (!reached.own) return { state: 'waiting', code: null, certificate: null }
  if (body.mac !== right) return { state: 'refused', code: 'enrolment-refused', certificate: null }
  enrolled ??= body.request_key
  return { state: 'enrolled', code: null, certificate: certificate() }
}

function answerTo(side: 'bench' | 'bar', request: TokenRequest) {
  if (!reached[side]) return null
  const seen = (key: string, element: string) => {
    const known = issued.get(key) ?? element
    issued.set(key, known)
    return known === element
  }
  const same = request.tokens.every(({ invitation, stamp, slip }) =>
    [
      seen(`${side} stamp ${invitation}`, stamp[side]),
      seen(`${side} slip ${invitation}`, slip[side]),
    ].every(Boolean),
  )
  if (!same || !seen(`${side} nym`, request.nym[side]))
    return trial.says(side, 'refused', { request: documentHash(request), code: 'issued-elsewhere' })
  return spoil(side, request) ?? trial.evaluates(side, request, lists)
}

const item = (id: string, listed = true) => ({
  ...{ id, state: 'waiting', listed, days_left: 9, cast_until: '2027-01-31', not_applicable: [] },
  slip: slipOf(id),
})

function freshDevice() {
  forgetCredentials()
  stored.clear()
  const state = enrolled ? 'enrolled' : 'needed'
  work.needsCode = false
  work.invitations = {
    ...{ box: trial.box, period: { id: '2026' }, home: '鲁0203', role: 'lawyer' },
    items: [item('one'), item('two', false)],
    enrolment: { state, code: null, certificate: certificate() },
  } as never
}

beforeEach(() => {
  vi.useFakeTimers()
  reached = { bench: true, bar: true, own: true }
  ;[issued, requests, enrolled, spoil] = [new Map(), [], undefined, () => undefined]
  session.account = {
    ...{ id: 'a', login: 'a', name: 'a', roles: ['rater'], side: 'bar', number: 'n-1' },
  }
  work.box = structuredClone(trial.detail)
  work.notAdopted = []
  freshDevice()
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const body = JSON.parse(String(init.body))
    if (path === '/api/enrolments') return Response.json(enrolment(body))
    const { request, signature } = body as { request: TokenRequest; signature: string }
    const message = requestMessage(documentHash(request))
    expect(ed25519.verify(fromB64(signature), message, fromB64(enrolled!))).toBe(true)
    requests.push(request)
    const sides = { bench: answerTo('bench', request), bar: answerTo('bar', request) }
    return Response.json(sides)
  })
})
afterEach(() => vi.useRealTimers())

const settle = (ms = 500) => vi.advanceTimersByTimeAsync(ms)
const seedNow = () => readSeed('a', '2026')!.bytes

test('a code, a certificate, a request, and the tags are those the issuers compute', async () => {
  prepareCredentials()
  await settle()
  expect(work.enrolment).toBe('needed')
  expect(requests).toEqual([])
  await enrol('yk8qo-lh3zp 7vt2c 9m4xr')
  expect(work.enrolment).toBe('enrolled')
  prepareCredentials()
  await settle()
  expect(work.ready).toEqual({ one: true })
  const tokens = tokensOf(work.invitations!.items[0]!)!
  const infos = {
    ...{ stamp: infoOf.stamp(name), slip: infoOf.slip(name, lists.slips.one) },
    nym: infoOf.nym(name, lists.home, lists.role),
  }
  for (const kind of ['stamp', 'slip', 'nym'] as const) {
    const nonce = tokens[kind].slice(0, 32)
    const tag = (side: 'bench' | 'bar') =>
      hex(tagOf(trial.keys[side].issuer.secret, infos[kind], nonce))
    expect(hex(tokens[kind].slice(32))).toBe(tag('bench') + tag('bar'))
  }
  expect(work.invitations!.items[0]!.state).toBe('issued')
  expect(work.tokens).toMatchObject({ missing: [], error: null })
})

test('neither code nor seed nor a nonce travels', async () => {
  const sent: string[] = []
  const real = fetch
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    sent.push(String(init.body))
    return real(path, init)
  })
  await enrol(CODE)
  prepareCredentials()
  await settle()
  const tokens = tokensOf(work.invitations!.items[0]!)!
  const secrets = [seedNow(), ...Object.values(tokens).map((token) => token.slice(0, 32))].map(b64)
  expect(sent.length).toBe(2)
  for (const secret of [CODE, ...secrets]) expect(sent.join()).not.toContain(secret)
})

test('only cases on a cosigned list are asked for; the next sign-in asks for the rest', async () => {
  await enrol(CODE)
  prepareCredentials()
  await settle()
  expect(requests[0]!.tokens.map((each) => each.invitation)).toEqual(['one'])
  work.invitations!.items[1]!.listed = true
  prepareCredentials()
  await settle()
  expect(requests[1]!.tokens.map((each) => each.invitation)).toEqual(['two'])
  expect(work.ready).toEqual({ one: true, two: true })
  prepareCredentials()
  await settle()
  expect(requests.length).toBe(2)
})

test('a wrong code is refused in words, and the right one still works', async () => {
  await expect(enrol('0'.repeat(20))).rejects.toThrow('enrolment-refused')
  expect(work.enrolment).toBe('refused')
  await expect(enrol('too short')).rejects.toThrow('enrol-code-mistyped')
  await enrol(CODE)
  expect(work.enrolment).toBe('enrolled')
})

test('an enrolment that waits for its network goes on by itself', async () => {
  reached.own = false
  await enrol(CODE)
  expect(work.enrolment).toBe('waiting')
  prepareCredentials()
  await settle(60_000)
  expect(requests).toEqual([])
  reached.own = true
  await settle(120_000)
  expect(work.enrolment).toBe('enrolled')
  expect(work.ready).toEqual({ one: true })
})

test('one side that has not answered is waited for, and what came already is kept', async () => {
  reached.bench = false
  await enrol(CODE)
  prepareCredentials()
  await settle()
  expect(work.tokens.missing).toEqual(['bench'])
  expect(work.ready).toEqual({})
  expect(tokensOf(work.invitations!.items[0]!)).toBeUndefined()
  reached.bench = true
  await settle(120_000)
  expect(work.tokens.missing).toEqual([])
  expect(work.ready).toEqual({ one: true })
  expect(new Set(requests.map(documentHash)).size).toBe(1)
})

test('the seed on a fresh device gives the same tokens; another seed is not believed', async () => {
  await enrol(CODE)
  prepareCredentials()
  await settle()
  const first = tokensOf(work.invitations!.items[0]!)!
  const seed = seedNow()
  freshDevice()
  prepareCredentials()
  await settle()
  expect(work.needsCode).toBe(true)
  expect(readSeed('a', '2026')).toBeUndefined()
  expect(adoptSeed(systemEntropy(32))).toBe(false)
  expect(adoptSeed(seed)).toBe(true)
  prepareCredentials()
  await settle()
  expect(tokensOf(work.invitations!.items[0]!)).toEqual(first)
  expect(work.needsCode).toBe(false)
})

test('a device with a seed of its own is told when another one is enrolled', async () => {
  enrolled = b64(requestKey(systemEntropy(32), trial.box).public)
  freshDevice()
  writeSeed('a', '2026', { bytes: systemEntropy(32), recovered: false, shown: false })
  prepareCredentials()
  await settle()
  expect(work.needsCode).toBe(true)
  expect(requests).toEqual([])
})

test.each([
  ['the other side signed', () => trial.says('bench', 'enrolled', { rater: 'n-1' })],
  ['another rater', () => trial.says('bar', 'enrolled', { rater: 'n-2' })],
  ['another kind', () => trial.says('bar', 'adopted', { rater: 'n-1' })],
])('a certificate is not believed: %s', async (_, made) => {
  enrolled = b64(systemEntropy(32))
  freshDevice()
  const seed = { bytes: systemEntropy(32), recovered: false, shown: false }
  writeSeed('a', '2026', seed)
  work.invitations!.enrolment.certificate = made() as never
  prepareCredentials()
  await settle()
  expect(work.tokens.error).toMatchObject({ code: 'document-mismatch' })
  expect(requests).toEqual([])
})

const flipped = (side: 'bench' | 'bar', request: TokenRequest, part: 'element' | 'proof') => {
  const { statement } = trial.evaluates(side, request, lists)
  const { tokens, ...rest } = statement as never as { tokens: { slip: Record<string, string> }[] }
  const bytes = fromB64(tokens[0]!.slip[part]!)
  bytes[1]! ^= 1
  tokens[0]!.slip[part] = b64(bytes)
  return trial.says(side, 'evaluated', { ...rest, tokens })
}

test.each<[string, (side: 'bench' | 'bar', request: TokenRequest) => unknown]>([
  ['a changed element', (side, request) => flipped(side, request, 'element')],
  ['a changed proof', (side, request) => flipped(side, request, 'proof')],
  [
    'another info than the page was told',
    (side, request) =>
      trial.evaluates(side, request, {
        ...lists,
        slips: { ...lists.slips, one: { ...slipOf('one'), ratee: 'somebody-else' } },
      }),
  ],
  [
    'the signature of the other side',
    (side, request) => trial.evaluates(side === 'bench' ? 'bar' : 'bench', request, lists),
  ],
])('an answer is not believed: %s', async (_, make) => {
  spoil = make
  await enrol(CODE)
  prepareCredentials()
  await settle()
  expect(work.tokens.error).toMatchObject({ code: 'token-answer-refused' })
  expect(work.ready).toEqual({})
  spoil = () => undefined
  work.tokens = noTokens()
  prepareCredentials()
  await settle()
  expect(work.ready).toEqual({ one: true })
})

test('a refusal of an agent is said with its code, and only if that agent signed it', async () => {
  spoil = (side, request) =>
    trial.says(side, 'refused', { request: documentHash(request), code: 'box-closed' })
  await enrol(CODE)
  prepareCredentials()
  await settle()
  expect(work.tokens.error).toMatchObject({ code: 'box-closed' })
  spoil = (side) => ({ ...trial.says(side, 'refused', { code: 'box-closed' }), signature: '' })
  prepareCredentials()
  await settle()
  expect(work.tokens.error).toMatchObject({ code: 'token-answer-refused' })
})

test('nothing is asked for under a manifest an agent has not adopted, or after signing out', async () => {
  await enrol(CODE)
  work.notAdopted = ['bench']
  prepareCredentials()
  await settle()
  expect(requests).toEqual([])
  work.notAdopted = []
  prepareCredentials()
  forgetCredentials()
  await settle()
  expect(requests).toEqual([])
  prepareCredentials()
  await settle()
  expect(requests.length).toBe(1)
})

test('an answer to another request is not believed, whoever signed it', async () => {
  const other = (request: TokenRequest): TokenRequest => ({ ...request, rater: 'n-2' })
  spoil = (side, request) => trial.evaluates(side, other(request), lists)
  await enrol(CODE)
  prepareCredentials()
  await settle()
  expect(work.tokens.error).toMatchObject({ code: 'token-answer-refused' })
  expect(work.ready).toEqual({})
})

/** Enrolments are answered when the test says so, in the order it says. */
function heldEnrolments() {
  const held: ((state: 'waiting' | 'enrolled') => void)[] = []
  const real = fetch
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    if (path !== '/api/enrolments') return real(path, init)
    const body = JSON.parse(String(init.body))
    return new Promise<Response>((resolve) =>
      held.push((state) => {
        reached.own = state === 'enrolled'
        resolve(Response.json(enrolment(body)))
      }),
    )
  })
  return held
}

/** An enrolment that was sent and not answered, and two rounds that have asked for it again. */
async function twoRounds() {
  reached.own = false
  await enrol(CODE)
  const held = heldEnrolments()
  prepareCredentials()
  await settle(3_500)
  work.invitations = JSON.parse(JSON.stringify(work.invitations))
  prepareCredentials()
  await settle(3_500)
  expect(held.length).toBe(2)
  return held
}

test('the late answer of an earlier round undoes nothing that a newer one has heard', async () => {
  const [earlier, newer] = await twoRounds()
  newer!('enrolled')
  await settle()
  expect(work.enrolment).toBe('enrolled')
  earlier!('waiting')
  await settle()
  expect(work.enrolment).toBe('enrolled')
  expect(work.ready).toEqual({ one: true })
})

test('an earlier round that goes on late adds no steps to those of the newer one', async () => {
  const [earlier, newer] = await twoRounds()
  newer!('enrolled')
  earlier!('enrolled')
  await settle()
  expect(work.tokens.done).toBe(work.tokens.total)
  expect(requests.length).toBe(1)
})

test('an answer that comes after signing out is not for whoever signs in next', async () => {
  const [, newer] = await twoRounds()
  forgetCredentials()
  Object.assign(session.account!, { id: 'b', number: 'n-2' })
  newer!('enrolled')
  await settle()
  expect(work.enrolment).toBe('unknown')
  expect([...stored.keys()].filter((key) => key.includes('.b.'))).toEqual([])
})
