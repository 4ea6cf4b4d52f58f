/**
 * The vectors both languages share (`vectors/v2.json`, suite HPB2 of docs/protocol.md). What follows from seeds is
 * recomputed and compared byte for byte; what holds randomness (proofs, HPKE) is opened and checked with the secrets in
 * the file. `npm run vectors` writes the file anew, which is a change of format and needs a new version beside the old.
 *
 * Digests are hexadecimal, all other bytes base64url. A secret stands beside its public half.
 *
 * - `seed`, `period`, `direction`, `box`, `invitation`, `rater`: the rater's seed and what it is asked about.
 * - `keys`: `platform` and `receipt` (the relay's); for each side `signing` and `agent` (Ed25519 secrets), `issuer`
 *   (scalar, 32 bytes little endian, RFC 9497 SerializeScalar), `mix` and `opening` (X-Wing secrets, 32 bytes).
 * - `document`: a rubric, its digest (of the RFC 8785 form), the text that is signed, the bench's signature.
 * - `manifest`: body of the box's manifest with those keys, digest, signatures of both sides' signing keys.
 * - `derived`: request key; stamp key, whose public half is the nonce of the stamp; nonces of slip and nym; `counted`,
 *   the entry in the counted list; the recovery code.
 * - `tokens.{stamp,slip,nym}`: `info`, `nonce`, for each side `blind` (scalar), `blinded` (element sent), `evaluated`
 *   and `proof` (answer), `tag`; `token` is nonce, tag of the bench, tag of the bar.
 * - `enrolment`: `code` as handed out, `sloppy` as somebody may type it, `normalised`, `code_key`, the text under the
 *   MAC, `mac`, and `enrolled`, the certificate of the rater's own side.
 * - `request`: the TokenRequest, its canonical form and digest, the text that is signed, the signature by the request
 *   key; `evaluated`: the statements by which both agents answer it.
 * - `body`: the ballot, its canonical form, SHA-256 of the padded 2,048 bytes.
 * - `envelope`: `l2`, `l1`, `l0` and SHA-256 of each; `mix` and `opening` secrets of `keys` open them.
 * - `cast`: sequence number, the bytes that are signed, signature by the stamp key, leaf; `receipt` of it.
 * - `statement`: `adopted` of the bench, its canonical form and digest, the text that is signed.
 * - `log`: two batches, the leaves in log order, root over them, root of nothing; `checkpoint`: the text of size and
 *   root, each agent's signature line, the whole note.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import canonicalize from 'canonicalize'
import { beforeAll, expect, test } from 'vitest'
import { b64, fromB64, fromHex, hex, utf8 } from './bytes'
import { checkpointText, verifyCheckpoint } from './checkpoint'
import * as agent from './counterpart'
import * as derive from './derive'
import { documentHash, documentMessage, signDocument, signedByBoth } from './document'
import * as enrol from './enrol'
import { leafHash, merkleRoot } from './log'
import { receiptMessage, verifyReceipt } from './receipt'
import { recoveryCode } from './recovery'
import { type TokenRequest, requestMessage, signRequest } from './request'
import * as sealing from './seal'
import { isStatement, statementMessage } from './statement'
import { type Evaluation, blind, finish, tokenBytes } from './token'
import { openBody, openShare, peel } from './unseal'

const FILE = fileURLToPath(new URL('../../../vectors/v2.json', import.meta.url))
const bytesOf = (label: string) => sha256(utf8(`hengping vector ${label}`))
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const canonical = (value: unknown) => canonicalize(value)!

const seed = bytesOf('seed')
const name = { period: '2026', direction: 'bar_rates_bench' as const }
const box = derive.boxId(name)
const invitation = '6f1c2a0e-8f3b-4d56-9a51-0c2f6f0b7a11'
const rater = '13702201010123456'
const [home, role, seq] = ['鲁0203', 'lawyer', 2]
const rubricBody = {
  ...{ v: 1, id: 'vector', title: { zh: '示例', en: 'Example' } },
  items: [1, 2.5, 1e21],
}
const rubric = documentHash(rubricBody)
const facts = { ratee: 'judge-0417', court: '鲁0202', stratum: 'civil.against', rubric }
const code = 'YK8Q0-1H3ZP-7VT2C-9M4XR'

const ed = (label: string) => {
  const secret = bytesOf(label)
  return { secret: b64(secret), public: b64(ed25519.getPublicKey(secret)) }
}

async function keysOf(side: derive.Side) {
  const issuer = agent.issuerKeyPair(bytesOf(`${side} issuer`), 'hengping')
  const xwing = async (label: string) => {
    const suite = sealing.hpkeSuite()
    const pair = await suite.DeriveKeyPair(bytesOf(`${side} ${label}`), true)
    return {
      secret: b64(await suite.SerializePrivateKey(pair.privateKey)),
      public: b64(await suite.SerializePublicKey(pair.publicKey)),
    }
  }
  return {
    ...{ signing: ed(`${side} signing`), agent: ed(`${side} agent`) },
    issuer: { secret: b64(issuer.secretKey), public: b64(issuer.publicKey) },
    ...{ mix: await xwing('mix'), opening: await xwing('opening') },
  }
}

async function allKeys() {
  const [bench, bar] = [await keysOf('bench'), await keysOf('bar')]
  return { platform: ed('platform'), receipt: ed('receipt'), bench, bar }
}

type Keys = Awaited<ReturnType<typeof allKeys>>
const bothSides = <T>(make: (side: derive.Side) => T) => ({
  bench: make('bench'),
  bar: make('bar'),
})

function manifestOf(keys: Keys) {
  const publics = (side: derive.Side) =>
    Object.fromEntries(Object.entries(keys[side]).map(([key, pair]) => [key, pair.public]))
  const body = {
    ...{ v: 2, suite: sealing.SUITE, box, ...name, kind: 'regular', rubric },
    ...{ charter: hex(bytesOf('charter')), cast_until: '2026-12-31', ...bothSides(publics) },
    platform: keys.platform.public,
    relay: { origin: 'https://relay.example', receipt: keys.receipt.public },
    front_end: hex(bytesOf('front end')),
  }
  const digest = documentHash(body)
  const sign = (side: derive.Side) =>
    b64(signDocument(fromB64(keys[side].signing.secret), 'manifest', digest))
  return { body, digest, signatures: bothSides(sign) }
}

const infos = {
  stamp: derive.infoOf.stamp(name),
  slip: derive.infoOf.slip(name, facts),
  nym: derive.infoOf.nym(name, home, role),
}
const KINDS = ['stamp', 'slip', 'nym'] as const
const idOf = (kind: derive.Kind) => (kind === 'nym' ? box : invitation)

const blindedOf = (keys: Keys, kind: derive.Kind, side: derive.Side) =>
  blind(
    infos[kind],
    derive.nonceOf(seed, kind, idOf(kind)),
    fromB64(keys[side].issuer.public),
    derive.blindOf(seed, kind, idOf(kind), side),
  )

/** All of a token but the answers with their random proofs. */
function tokenOf(keys: Keys, kind: derive.Kind) {
  const nonce = derive.nonceOf(seed, kind, idOf(kind))
  const tag = (side: derive.Side) =>
    agent.tagOf(fromB64(keys[side].issuer.secret), infos[kind], nonce)
  const sideOf = (side: derive.Side) => {
    const { blind: scalar, element } = blindedOf(keys, kind, side)
    return { blind: b64(scalar), blinded: b64(element), tag: b64(tag(side)) }
  }
  const token = b64(tokenBytes(nonce, bothSides(tag)))
  return { info: infos[kind], nonce: b64(nonce), ...bothSides(sideOf), token }
}

function enrolmentOf(keys: Keys) {
  const request_key = b64(derive.requestKey(seed, box).public)
  const normalised = enrol.normalisedCode(code)!
  const key = enrol.codeKey(normalised)
  return {
    ...{ code, sloppy: 'yk8qo lh3zp 7vt2c 9m4xr', normalised, code_key: b64(key) },
    message: text(enrol.enrolMessage(box, rater, request_key)),
    mac: b64(enrol.enrolMac(key, box, rater, request_key)),
    enrolled: agent.signStatement(fromB64(keys.bar.agent.secret), {
      ...{ v: 1, kind: 'enrolled', box, side: 'bar', rater, request_key },
    }),
  }
}

function requestOf(keys: Keys) {
  const elements = (kind: derive.Kind) =>
    bothSides((side) => b64(blindedOf(keys, kind, side).element))
  const value: TokenRequest = {
    ...{ v: 1, box, rater, nym: elements('nym') },
    tokens: [{ invitation, stamp: elements('stamp'), slip: elements('slip') }],
  }
  const digest = documentHash(value)
  return {
    ...{ value, canonical: canonical(value), digest, message: text(requestMessage(digest)) },
    signature: signRequest(derive.requestKey(seed, box), value),
  }
}

/** Everything that follows from seeds. */
function deterministic(keys: Keys) {
  const [request, stamp] = [derive.requestKey(seed, box), derive.stampKey(seed, invitation)]
  const slip = derive.nonceOf(seed, 'slip', invitation)
  const tokens = Object.fromEntries(KINDS.map((kind) => [kind, tokenOf(keys, kind)]))
  const manifest = manifestOf(keys)
  const adopted = { v: 1, kind: 'adopted', box, side: 'bench', manifest: manifest.digest } as const
  const body: sealing.BallotBody = {
    ...{ v: 2, ...facts, home, role, seq },
    answers: { notice: 5, issues: 4, guidance: null, 'equal-hearing': 3, civility: 1 },
    ...{ slip: tokens.slip!.token, nym: tokens.nym!.token },
  }
  const signing = fromB64(keys.bench.signing.secret)
  return {
    ...{ v: 2, suite: sealing.SUITE, seed: b64(seed), ...name, box, invitation, rater, keys },
    document: {
      ...{ kind: 'rubric', body: rubricBody, digest: rubric },
      message: text(documentMessage('rubric', rubric)),
      signature: b64(signDocument(signing, 'rubric', rubric)),
    },
    manifest,
    derived: {
      ...{ request_secret: b64(request.secret), request_key: b64(request.public) },
      ...{ stamp_secret: b64(stamp.secret), stamp_nonce: b64(stamp.public) },
      slip_nonce: b64(slip),
      nym_nonce: b64(derive.nonceOf(seed, 'nym', box)),
      ...{ counted: derive.countedHash(slip), recovery_code: recoveryCode(seed, name.period) },
    },
    tokens,
    enrolment: enrolmentOf(keys),
    request: requestOf(keys),
    body: {
      ...{ value: body, canonical: text(sealing.canonicalBody(body)) },
      padded_sha256: hex(sha256(sealing.pad(sealing.canonicalBody(body)))),
    },
    statement: {
      ...{ canonical: canonical(adopted), digest: documentHash(adopted) },
      message: text(statementMessage(documentHash(adopted))),
      signed: agent.signStatement(fromB64(keys.bench.agent.secret), adopted),
    },
  }
}

/** Both agents' answers to the request of the file. */
function answers(keys: Keys, request: string) {
  return bothSides((side) => {
    const one = (kind: derive.Kind): Evaluation => {
      const { issuer } = keys[side]
      return agent.evaluate(
        fromB64(issuer.secret),
        infos[kind],
        blindedOf(keys, kind, side).element,
      )
    }
    return agent.signStatement(fromB64(keys[side].agent.secret), {
      ...{ v: 1, kind: 'evaluated', box, side, request, nym: one('nym') },
      tokens: [{ invitation, stamp: one('stamp'), slip: one('slip') }],
    })
  })
}

/** Everything that follows from an envelope once it exists. */
function ofEnvelope(keys: Keys, l0: Uint8Array) {
  const stamp = derive.stampKey(seed, invitation)
  const leaf = leafHash(stamp.public, l0)
  const leavesOf = (labels: string) => [...labels].map((label) => hex(bytesOf(label)))
  const batches = [leavesOf('abc'), [...leavesOf('de'), leaf]].map((batch) => batch.sort())
  const leaves = batches.flat()
  const checkpoint = { size: leaves.length, root: hex(merkleRoot(leaves.map(fromHex))) }
  const lines = bothSides((side) =>
    agent.cosignature(fromB64(keys[side].agent.secret), box, side, checkpoint),
  )
  return {
    cast: {
      ...{ seq, message: b64(sealing.castMessage(name, seq, l0)), leaf },
      signature: b64(sealing.signCast(stamp.secret, name, seq, l0)),
    },
    receipt: {
      ...agent.signReceipt(fromB64(keys.receipt.secret), { box, leaf, seq }),
      message: text(receiptMessage({ box, leaf, seq })),
    },
    log: { batches, leaves, root: checkpoint.root, empty_root: hex(merkleRoot([])) },
    checkpoint: {
      ...{ ...checkpoint, text: checkpointText(box, checkpoint), lines },
      note: agent.checkpointNote(box, checkpoint, [lines.bench, lines.bar]),
    },
  }
}

async function written() {
  const keys = await allKeys()
  const fixed = deterministic(keys)
  const key = (of: 'mix' | 'opening') => bothSides((side) => fromB64(keys[side][of].public))
  const publics = { mix: key('mix'), opening: key('opening') }
  const layers = await sealing.seal(fixed.body.value, name, publics)
  const evaluated = answers(keys, fixed.request.digest)
  for (const side of derive.SIDES) {
    const { nym, tokens } = evaluated[side].statement as unknown as {
      nym: Evaluation
      tokens: { stamp: Evaluation; slip: Evaluation }[]
    }
    for (const kind of KINDS) {
      const { element, proof } = kind === 'nym' ? nym : tokens[0]![kind]
      Object.assign(fixed.tokens[kind]![side], { evaluated: element, proof })
    }
  }
  const envelope = Object.fromEntries(
    Object.entries(layers).flatMap(([layer, bytes]) => [
      [layer, b64(bytes)],
      [`${layer}_sha256`, hex(sha256(bytes))],
    ]),
  )
  return { ...fixed, evaluated, envelope, ...ofEnvelope(keys, layers.l0) }
}

beforeAll(async () => {
  if (process.env.HENGPING_WRITE_VECTORS !== '1' && existsSync(FILE)) return
  writeFileSync(FILE, `${JSON.stringify(await written(), null, 2)}\n`)
})

const read = () => JSON.parse(readFileSync(FILE, 'utf8'))

test('what follows from seeds is in the file, byte for byte', async () => {
  expect(read()).toMatchObject(deterministic(await allKeys()))
})

test('what follows from the envelope is in the file, byte for byte', async () => {
  const file = read()
  expect(file).toMatchObject(ofEnvelope(file.keys, fromB64(file.envelope.l0)))
})

test('the answers of the file hold and give the tags that the issuers compute themselves', () => {
  const { tokens, keys } = read()
  for (const kind of KINDS)
    for (const side of derive.SIDES) {
      const { evaluated: element, proof, tag } = tokens[kind][side]
      expect(b64(finish(blindedOf(keys, kind, side), { element, proof }))).toBe(tag)
    }
})

test('the envelope of the file opens layer by layer and gives the body back', async () => {
  const { envelope, keys, body } = read()
  const [l2, l1, l0] = ['l2', 'l1', 'l0'].map((layer) => fromB64(envelope[layer]))
  expect([l2!.length, l1!.length, l0!.length]).toEqual([4468, 5608, 6748])
  expect(await peel(l0!, name, 'bench', fromB64(keys.bench.mix.secret))).toEqual(l1)
  expect(await peel(l1!, name, 'bar', fromB64(keys.bar.mix.secret))).toEqual(l2)
  const bench = await openShare(l2!, name, 'bench', fromB64(keys.bench.opening.secret))
  const bar = await openShare(l2!, name, 'bar', fromB64(keys.bar.opening.secret))
  expect(openBody(l2!, name, bench, bar)).toEqual(body.value)
})

test('every signature of the file holds', () => {
  const { keys, manifest, enrolment, evaluated, statement, receipt, checkpoint } = read()
  const signatures = derive.SIDES.map((side) => ({
    ...{ side, key: manifest.body[side].signing, signature: manifest.signatures[side] },
  }))
  const signing = bothSides((side) => keys[side].signing.public)
  expect(signedByBoth(signing, signatures, 'manifest', manifest.digest)).toBe(true)
  const agents = bothSides((side) => keys[side].agent.public)
  const said = (kind: string, side: derive.Side, signed: never) =>
    isStatement(signed, { kind, box, side }, agents[side])
  expect(said('enrolled', 'bar', enrolment.enrolled as never)).toBe(true)
  expect(said('evaluated', 'bench', evaluated.bench as never)).toBe(true)
  expect(said('evaluated', 'bar', evaluated.bar as never)).toBe(true)
  expect(said('adopted', 'bench', statement.signed as never)).toBe(true)
  expect(verifyReceipt(keys.receipt.public, receipt, receipt)).toBe(true)
  const { size, root } = checkpoint
  expect(verifyCheckpoint(checkpoint.note, box, agents)).toEqual({ size, root })
})
