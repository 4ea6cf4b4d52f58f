/** Bytes, derivation, envelope, list, recovery code, documents. Tokens and signed words have files of their own. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { b64, concat, fromB64, fromHex, hex, systemEntropy } from './bytes'
import * as agent from './counterpart'
import {
  SIDES,
  type Side,
  boxId,
  countedHash,
  infoOf,
  nonceOf,
  requestKey,
  splitBox,
  stampKey,
} from './derive'
import { documentHash, signDocument, signedByBoth, verifyDocument } from './document'
import { checkLog, leafHash, merkleRoot } from './log'
import { recoveryCode, seedFromCode } from './recovery'
import {
  type Answers,
  type BallotBody,
  L0_BYTES,
  L1_BYTES,
  L2_BYTES,
  castMessage,
  hpkeSuite,
  pad,
  seal,
  signCast,
} from './seal'
import { openBody, openShare, peel } from './unseal'

const box = { period: '2026', direction: 'bar_rates_bench' as const }

const body = (answers: Answers, seq = 1): BallotBody => ({
  v: 2,
  ...{ ratee: 'r', court: '鲁0202', stratum: 'civil.for', rubric: 'f'.repeat(64), answers },
  ...{ home: '鲁0203', role: 'lawyer' },
  ...{ slip: b64(systemEntropy(160)), nym: b64(systemEntropy(160)), seq },
})

async function pair() {
  const suite = hpkeSuite()
  const made = await suite.GenerateKeyPair(true)
  return {
    public: await suite.SerializePublicKey(made.publicKey),
    secret: await suite.SerializePrivateKey(made.privateKey),
  }
}
const pairs = async () => ({ bench: await pair(), bar: await pair() })
const keys = async () => ({ mix: await pairs(), opening: await pairs() })

type Keys = Awaited<ReturnType<typeof keys>>
const publicHalves = ({ mix, opening }: Keys) => ({
  mix: { bench: mix.bench.public, bar: mix.bar.public },
  opening: { bench: opening.bench.public, bar: opening.bar.public },
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

test('one seed gives the same nonces again; another seed, kind or id gives others', () => {
  const seed = systemEntropy(32)
  const stamp = nonceOf(seed, 'stamp', 'one')
  expect(nonceOf(seed, 'stamp', 'one')).toEqual(stamp)
  expect(stampKey(seed, 'one').public).toEqual(stamp)
  const others = [
    nonceOf(seed, 'stamp', 'two'),
    nonceOf(systemEntropy(32), 'stamp', 'one'),
    nonceOf(seed, 'slip', 'one'),
    nonceOf(seed, 'nym', 'one'),
    requestKey(seed, 'one').public,
  ]
  expect(new Set([stamp, ...others].map(hex)).size).toBe(6)
  expect(countedHash(stamp)).not.toBe(hex(sha256(stamp)))
  expect(() => nonceOf(seed.slice(1), 'nym', 'x')).toThrow(RangeError)
})

test('infos name what the cosigned lists say, in one order', () => {
  const facts = { ratee: 'r', court: '鲁0202', stratum: 's', rubric: 'f' }
  expect(infoOf.stamp(box)).toBe('v2|stamp|2026|bar_rates_bench')
  expect(infoOf.slip(box, facts)).toBe('v2|slip|2026|bar_rates_bench|r|鲁0202|s|f')
  expect(infoOf.nym(box, '鲁0203', 'lawyer')).toBe('v2|nym|2026|bar_rates_bench|鲁0203|lawyer')
})

test('a box id splits back into what it was made of', () => {
  expect(splitBox(boxId({ period: '2026.2', direction: 'bench_rates_bar' }))).toEqual({
    period: '2026.2',
    direction: 'bench_rates_bar',
  })
  expect(splitBox('2026.sideways')).toBeUndefined()
})

test('sealed, peeled by both and opened with both keys gives the body; every layer has one size', async () => {
  const all = await keys()
  const cases: Answers[] = [
    {},
    { notice: 1 },
    Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`equal-hearing-${i}`, null])),
  ]
  for (const answers of cases) {
    const sent = body(answers)
    const { l0, l1, l2 } = await seal(sent, box, publicHalves(all))
    expect([l0, l1, l2].map((layer) => layer.length)).toEqual([L0_BYTES, L1_BYTES, L2_BYTES])
    expect([L0_BYTES, L1_BYTES, L2_BYTES]).toEqual([6748, 5608, 4468])
    expect(await peel(l0, box, 'bench', all.mix.bench.secret)).toEqual(l1)
    expect(await peel(l1, box, 'bar', all.mix.bar.secret)).toEqual(l2)
    const bench = await openShare(l2, box, 'bench', all.opening.bench.secret)
    const bar = await openShare(l2, box, 'bar', all.opening.bar.secret)
    expect(openBody(l2, box, bench, bar)).toEqual(sent)
  }
})

test('one key alone opens nothing, nor does the right key under another box or layer', async () => {
  const all = await keys()
  const { l0, l2 } = await seal(body({ notice: 5 }), box, publicHalves(all))
  const bench = await openShare(l2, box, 'bench', all.opening.bench.secret)
  expect(() => openBody(l2, box, bench, new Uint8Array(32))).toThrow()
  await expect(openShare(l2, box, 'bar', all.opening.bench.secret)).rejects.toThrow()
  const other = { ...box, period: '2027' }
  await expect(openShare(l2, other, 'bench', all.opening.bench.secret)).rejects.toThrow()
  await expect(peel(l0, other, 'bench', all.mix.bench.secret)).rejects.toThrow()
  await expect(peel(l0, box, 'bar', all.mix.bench.secret)).rejects.toThrow()
  await expect(peel(l0, box, 'bench', all.mix.bar.secret)).rejects.toThrow()
  await expect(peel(l0, box, 'bench', all.opening.bench.secret)).rejects.toThrow()
})

test('a swapped share hash and a changed byte of any layer are seen', async () => {
  const all = await keys()
  const { l0, l2 } = await seal(body({ notice: 5 }), box, publicHalves(all))
  const changed = (layer: Uint8Array, at: number) =>
    layer.map((byte, i) => (i === at ? byte ^ 1 : byte))
  const { bench, bar } = all.opening
  await expect(openShare(changed(l2, 10), box, 'bench', bench.secret)).rejects.toThrow()
  const shares = [
    await openShare(l2, box, 'bench', bench.secret),
    await openShare(l2, box, 'bar', bar.secret),
  ] as const
  expect(() => openBody(changed(l2, L2_BYTES - 1), box, ...shares)).toThrow()
  for (const at of [0, 2000, L0_BYTES - 1])
    await expect(peel(changed(l0, at), box, 'bench', all.mix.bench.secret)).rejects.toThrow()
})

test('a body that is too long is refused before anything is sealed', () => {
  expect(pad(new Uint8Array(2046)).length).toBe(2048)
  expect(() => pad(new Uint8Array(2047))).toThrow(RangeError)
})

test('the cast signature binds box, sequence and envelope', async () => {
  const key = stampKey(systemEntropy(32), 'one')
  const envelope = systemEntropy(L0_BYTES)
  const signature = signCast(key.secret, box, 3, envelope)
  const holds = (seq: number, bytes: Uint8Array, name = box) =>
    ed25519.verify(signature, castMessage(name, seq, bytes), key.public)
  expect(holds(3, envelope)).toBe(true)
  expect(holds(4, envelope)).toBe(false)
  expect(holds(3, systemEntropy(L0_BYTES))).toBe(false)
  expect(holds(3, envelope, { ...box, period: '2027' })).toBe(false)
  for (const seq of [0, 9, 1.5]) expect(() => signCast(key.secret, box, seq, envelope)).toThrow()
})

/** A log of two batches, the first of them under a checkpoint. */
function published(mine: string) {
  const secrets = { bench: systemEntropy(32), bar: systemEntropy(32) }
  const agents = {
    bench: b64(ed25519.getPublicKey(secrets.bench)),
    bar: b64(ed25519.getPublicKey(secrets.bar)),
  }
  const some = (n: number) => Array.from({ length: n }, () => hex(systemEntropy(32)))
  const batches = [[mine, ...some(6)].sort(), some(5).sort()]
  const leaves = batches.flat()
  const rootOf = (entries: string[]) => hex(merkleRoot(entries.map(fromHex)))
  const checkpoint = (entries: string[]) => {
    const point = { size: entries.length, root: rootOf(entries) }
    const lines = SIDES.map((side) => agent.cosignature(secrets[side], boxId(box), side, point))
    return agent.checkpointNote(boxId(box), point, lines)
  }
  const log = {
    ...{ size: leaves.length, root: rootOf(leaves), leaves },
    batches: batches.map((batch) => ({ size: batch.length })),
    refused: [] as { leaf: string; side: Side }[],
    checkpoint: checkpoint(batches[0]!) as string | null,
  }
  return { log, agents, checkpoint, rootOf, batches }
}

test('a ballot is accepted below a checkpoint both agents signed, and listed above it', () => {
  const mine = leafHash(systemEntropy(32), systemEntropy(L0_BYTES))
  const { log, agents, checkpoint, batches, rootOf } = published(mine)
  const look = (changed: Partial<typeof log>, leaf = mine) =>
    checkLog({ ...log, ...changed }, leaf, boxId(box), agents)
  const root = rootOf(batches[0]!)
  expect(look({})).toEqual({ sound: true, root, accepted: 7, place: 'accepted' })
  const later = batches[1]![2]!
  expect(look({}, later)).toMatchObject({ sound: true, place: 'listed' })
  const whole = look({ checkpoint: checkpoint(log.leaves) }, later)
  expect(whole).toMatchObject({ sound: true, place: 'accepted', accepted: 12, root: log.root })
  expect(look({ checkpoint: null })).toMatchObject({ sound: true, place: 'listed', accepted: 0 })
  expect(look({}, 'f'.repeat(64))).toMatchObject({ sound: true, place: 'absent' })
  const turned = look({ refused: [{ leaf: 'f'.repeat(64), side: 'bar' }] }, 'f'.repeat(64))
  expect(turned).toMatchObject({ sound: true, place: 'refused', refusedBy: 'bar' })
})

test('a list is unsound when a leaf, an order, a size, a root or a signature is not right', () => {
  const mine = leafHash(systemEntropy(32), systemEntropy(L0_BYTES))
  const { log, agents, checkpoint, rootOf } = published(mine)
  const soundOf = (changed: Partial<typeof log>, name = boxId(box), keys = agents) =>
    checkLog({ ...log, ...changed }, mine, name, keys).sound
  expect(soundOf({})).toBe(true)
  const without = log.leaves.filter((leaf) => leaf !== mine)
  expect(soundOf({ leaves: without })).toBe(false)
  expect(soundOf({ leaves: without, size: 11, root: rootOf(without) })).toBe(false)
  const shrunk = { leaves: without, size: 11, root: rootOf(without) }
  expect(soundOf({ ...shrunk, batches: [{ size: 6 }, { size: 5 }] })).toBe(false)
  const swapped = [...log.leaves.slice(7), ...log.leaves.slice(0, 7)]
  const other = { leaves: swapped, root: rootOf(swapped), batches: [{ size: 5 }, { size: 7 }] }
  expect(soundOf(other)).toBe(false)
  expect(soundOf({ ...other, checkpoint: checkpoint(swapped) })).toBe(true)
  expect(soundOf({ batches: [{ size: 12 }] })).toBe(false)
  expect(soundOf({ batches: [{ size: 7 }] })).toBe(false)
  expect(soundOf({ root: rootOf(without) })).toBe(false)
  expect(soundOf({ checkpoint: log.checkpoint!.replace('\n7\n', '\n6\n') })).toBe(false)
  expect(soundOf({}, 'other')).toBe(false)
  expect(soundOf({}, boxId(box), { ...agents, bar: agents.bench })).toBe(false)
  const twice = [...log.leaves.slice(0, 7), ...log.leaves.slice(0, 5)]
  expect(soundOf({ leaves: twice, root: rootOf(twice) })).toBe(false)
  expect(soundOf({ size: 1, leaves: ['not hex'], batches: [{ size: 1 }] })).toBe(false)
})

test('a checkpoint of both agents holds for the list it was made of and no other', () => {
  const mine = hex(systemEntropy(32))
  const { log, agents, checkpoint } = published(mine)
  const look = (changed: object) => checkLog({ ...log, ...changed }, mine, boxId(box), agents)
  expect(look({})).toMatchObject({ sound: true, accepted: 7 })
  // Signed by both, over as many other leaves, and over more leaves than the list has.
  expect(look({ checkpoint: checkpoint(log.leaves.slice(5)) }).sound).toBe(false)
  expect(look({ checkpoint: checkpoint([...log.leaves, 'e'.repeat(64)]) }).sound).toBe(false)
})

test('a list without a checkpoint is one that nobody has signed yet, however it is left out', () => {
  const mine = hex(systemEntropy(32))
  const { log, agents } = published(mine)
  for (const checkpoint of [null, undefined])
    expect(checkLog({ ...log, checkpoint }, mine, boxId(box), agents)).toMatchObject({
      ...{ sound: true, accepted: 0, root: log.root },
    })
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
