import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { b64, concat, fromB64, fromHex, hex, systemEntropy } from './bytes'
import { boxId, credentialHash, derive, splitBox, stampKey } from './derive'
import { documentHash, signDocument, signedByBoth, verifyDocument } from './document'
import { checkLog, leafHash, merkleRoot } from './log'
import { recoveryCode, seedFromCode } from './recovery'
import {
  type Answers,
  type BallotBody,
  ENVELOPE_BYTES,
  castMessage,
  hpkeSuite,
  pad,
  seal,
  signCast,
} from './seal'
import { openBody, openShare } from './unseal'
import { ed25519 } from '@noble/curves/ed25519.js'

const box = { period: '2026', direction: 'bar_rates_bench' as const }

const body = (answers: Answers, seq = 1): BallotBody => ({
  v: 1,
  ...{ ratee: 'r', court: '鲁0202', stratum: 'civil.for', rubric: 'f'.repeat(64), answers },
  ...{ slip: b64(systemEntropy(32)), nym: b64(systemEntropy(32)), seq },
})

async function keys() {
  const suite = hpkeSuite()
  const one = async () => {
    const pair = await suite.GenerateKeyPair(true)
    return {
      public: await suite.SerializePublicKey(pair.publicKey),
      secret: await suite.SerializePrivateKey(pair.privateKey),
    }
  }
  return { bench: await one(), bar: await one() }
}

const publicHalves = (all: Awaited<ReturnType<typeof keys>>) => ({
  bench: all.bench.public,
  bar: all.bar.public,
})

test('base64url and hex come back, at every length, and refuse what is neither', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = systemEntropy(length)
    expect(b64(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
    expect(fromB64(b64(bytes))).toEqual(bytes)
    expect(fromHex(hex(bytes))).toEqual(bytes)
  }
  for (const bad of ['a', 'ab=', 'a b', 'AB+', 'AC']) expect(() => fromB64(bad)).toThrow(RangeError)
  for (const bad of ['a', 'zz']) expect(() => fromHex(bad)).toThrow(RangeError)
})

test('one seed gives the same credentials again, another seed or invitation gives others', () => {
  const seed = systemEntropy(32)
  const stamp = stampKey(seed, 'one').stamp
  expect(stampKey(seed, 'one').stamp).toEqual(stamp)
  expect(stampKey(seed, 'two').stamp).not.toEqual(stamp)
  expect(stampKey(systemEntropy(32), 'one').stamp).not.toEqual(stamp)
  expect(derive(seed, 'slip', 'one')).not.toEqual(derive(seed, 'stamp', 'one'))
  expect(credentialHash('slip', stamp)).not.toBe(credentialHash('stamp', stamp))
  expect(() => derive(seed.slice(1), 'nym', 'x')).toThrow(RangeError)
})

test('a box id splits back into what it was made of', () => {
  expect(splitBox(boxId('2026.2', 'bench_rates_bar'))).toEqual({
    period: '2026.2',
    direction: 'bench_rates_bar',
  })
  expect(splitBox('2026.sideways')).toBeUndefined()
})

test('sealed and opened with both keys gives the body; every envelope has one size', async () => {
  const both = await keys()
  const cases: Answers[] = [
    {},
    { notice: 1 },
    Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`equal-hearing-${i}`, null])),
  ]
  for (const answers of cases) {
    const sent = body(answers)
    const envelope = await seal(sent, box, publicHalves(both))
    expect(envelope.length).toBe(ENVELOPE_BYTES)
    expect(ENVELOPE_BYTES).toBe(4468)
    const bench = await openShare(envelope, box, 'bench', both.bench.secret)
    const bar = await openShare(envelope, box, 'bar', both.bar.secret)
    expect(openBody(envelope, box, bench, bar)).toEqual(sent)
  }
})

test('one key alone opens nothing, nor does the right key under another box', async () => {
  const both = await keys()
  const envelope = await seal(body({ notice: 5 }), box, publicHalves(both))
  const bench = await openShare(envelope, box, 'bench', both.bench.secret)
  expect(() => openBody(envelope, box, bench, new Uint8Array(32))).toThrow()
  await expect(openShare(envelope, box, 'bar', both.bench.secret)).rejects.toThrow()
  const other = { ...box, period: '2027' }
  await expect(openShare(envelope, other, 'bench', both.bench.secret)).rejects.toThrow()
})

test('a swapped share hash and a changed byte of the body are seen', async () => {
  const both = await keys()
  const envelope = await seal(body({ notice: 5 }), box, publicHalves(both))
  const bench = await openShare(envelope, box, 'bench', both.bench.secret)
  const bar = await openShare(envelope, box, 'bar', both.bar.secret)
  const swapped = envelope.slice()
  swapped[10]! ^= 1
  await expect(openShare(swapped, box, 'bench', both.bench.secret)).rejects.toThrow()
  const changed = envelope.slice()
  changed[ENVELOPE_BYTES - 1]! ^= 1
  expect(() => openBody(changed, box, bench, bar)).toThrow()
})

test('a body that is too long is refused before anything is sealed', () => {
  expect(pad(new Uint8Array(2046)).length).toBe(2048)
  expect(() => pad(new Uint8Array(2047))).toThrow(RangeError)
})

test('the cast signature binds box, sequence and envelope', async () => {
  const key = stampKey(systemEntropy(32), 'one')
  const envelope = systemEntropy(ENVELOPE_BYTES)
  const signature = signCast(key.secret, box, 3, envelope)
  const holds = (seq: number, bytes: Uint8Array) =>
    ed25519.verify(signature, castMessage(box, seq, bytes), key.stamp)
  expect(holds(3, envelope)).toBe(true)
  expect(holds(4, envelope)).toBe(false)
  expect(holds(3, systemEntropy(ENVELOPE_BYTES))).toBe(false)
  for (const seq of [0, 9, 1.5]) expect(() => signCast(key.secret, box, seq, envelope)).toThrow()
})

test('a published list is sound only when sorted, complete and rooted', () => {
  const stamp = systemEntropy(32)
  const mine = leafHash(stamp, systemEntropy(ENVELOPE_BYTES))
  const leaves = [mine, ...Array.from({ length: 12 }, () => hex(systemEntropy(32)))].sort()
  const root = hex(merkleRoot(leaves.map(fromHex)))
  expect(checkLog({ size: 13, root, leaves }, mine)).toEqual({ sound: true, root, found: true })
  const without = leaves.filter((leaf) => leaf !== mine)
  expect(checkLog({ size: 13, root, leaves: without }, mine)).toMatchObject({ found: false })
  expect(checkLog({ size: 13, root, leaves: without }, mine).sound).toBe(false)
  const reversed = [...leaves].reverse()
  expect(checkLog({ size: 13, root, leaves: reversed }, mine).sound).toBe(false)
  expect(checkLog({ size: 1, root, leaves: ['not hex'] }, mine).sound).toBe(false)
})

test('the Merkle root has the shape of RFC 6962', () => {
  // Known answer of the RFC's own tree: SHA-256 of nothing for no entry, the prefixed entry for one.
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  expect(hex(merkleRoot([]))).toBe(empty)
  const [a, b, c] = [1, 2, 3].map((n) => new Uint8Array(32).fill(n))
  expect(merkleRoot([a!])).toEqual(sha256(concat(Uint8Array.of(0), a!)))
  const node = (left: Uint8Array, right: Uint8Array) =>
    sha256(concat(Uint8Array.of(1), left, right))
  const three = node(node(merkleRoot([a!]), merkleRoot([b!])), merkleRoot([c!]))
  expect(merkleRoot([a!, b!, c!])).toEqual(three)
  expect(merkleRoot([a!, b!])).not.toEqual(merkleRoot([b!, a!]))
})

test('a recovery code brings the seed back, forgives look-alikes, refuses errors and other periods', () => {
  for (let round = 0; round < 50; round++) {
    const seed = systemEntropy(32)
    const code = recoveryCode(seed, '2026')
    expect(code).toMatch(/^([0-9A-Z]{4} ){13}[0-9A-Z]{4}$/)
    expect(seedFromCode(code, '2026')).toEqual(seed)
    const sloppy = code.toLowerCase().replace(/0/g, 'o').replace(/1/g, 'l').replace(/ /g, '-')
    expect(seedFromCode(sloppy, '2026')).toEqual(seed)
    expect(seedFromCode(code, '2027')).toBeUndefined()
    const wrong = (code[0] === 'A' ? 'B' : 'A') + code.slice(1)
    expect(seedFromCode(wrong, '2026')).toBeUndefined()
    expect(seedFromCode(code.slice(1), '2026')).toBeUndefined()
  }
})

test('a document signature holds for its kind and hash only', () => {
  const secret = systemEntropy(32)
  const hash = documentHash({ b: 1, a: [true, null] })
  expect(documentHash({ a: [true, null], b: 1 })).toBe(hash)
  const key = b64(ed25519.getPublicKey(secret))
  const signature = b64(signDocument(secret, 'release', hash))
  expect(verifyDocument(key, signature, 'release', hash)).toBe(true)
  expect(verifyDocument(key, signature, 'charter', hash)).toBe(false)
  expect(verifyDocument('?', signature, 'release', hash)).toBe(false)
})

test('a manifest counts as signed only by both sides, each with its own key', () => {
  const hash = documentHash({ v: 1 })
  const [bench, bar] = [systemEntropy(32), systemEntropy(32)].map((secret) => ({
    secret,
    key: b64(ed25519.getPublicKey(secret)),
  }))
  const keys = { bench: bench!.key, bar: bar!.key }
  const by = (side: 'bench' | 'bar', signer: typeof bench) => ({
    side,
    key: signer!.key,
    signature: b64(signDocument(signer!.secret, 'manifest', hash)),
  })
  const both = [by('bench', bench), by('bar', bar)]
  expect(signedByBoth(keys, both, 'manifest', hash)).toBe(true)
  expect(signedByBoth(keys, both, 'rubric', hash)).toBe(false)
  expect(signedByBoth(keys, both.slice(1), 'manifest', hash)).toBe(false)
  expect(signedByBoth(keys, [by('bench', bar), by('bar', bar)], 'manifest', hash)).toBe(false)
  expect(signedByBoth(keys, [by('bench', bench), by('bench', bench)], 'manifest', hash)).toBe(false)
})
