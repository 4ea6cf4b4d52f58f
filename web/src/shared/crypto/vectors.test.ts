/**
 * The vectors both languages share (`vectors/v1.json`). Deterministic parts are recomputed and compared; the one
 * sealed envelope in the file is opened with its keys. `npm run vectors` writes the file anew, which is a change of
 * format and needs a new version beside the old one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { beforeAll, expect, test } from 'vitest'
import { b64, fromB64, fromHex, hex, utf8 } from './bytes'
import * as derive from './derive'
import { documentHash, documentMessage, signDocument } from './document'
import { leafHash, merkleRoot } from './log'
import { recoveryCode } from './recovery'
import * as sealing from './seal'
import { openBody, openShare } from './unseal'

const FILE = fileURLToPath(new URL('../../../vectors/v1.json', import.meta.url))
const bytesOf = (label: string) => sha256(utf8(label))

const period = '2026'
const direction = 'bar_rates_bench' as const
const box = { period, direction }
const rubricBody = {
  v: 1,
  id: 'vector',
  title: { zh: '示例', en: 'Example' },
  items: [1, 2.5, 1e21],
}
const seed = bytesOf('hengping vector seed')
const invitation = '6f1c2a0e-8f3b-4d56-9a51-0c2f6f0b7a11'

/** Everything that follows from the seed alone. */
function deterministic() {
  const key = derive.stampKey(seed, invitation)
  const slip = derive.derive(seed, 'slip', invitation)
  const nym = derive.derive(seed, 'nym', derive.boxId(period, direction))
  const rubric = documentHash(rubricBody)
  const facts = {
    ...{ period, direction, rubric },
    ...{ ratee: 'judge-0417', court: '鲁0202', stratum: 'civil.against' },
  }
  const body: sealing.BallotBody = {
    ...{ v: 1, ratee: facts.ratee, court: facts.court, stratum: facts.stratum, rubric },
    answers: { notice: 5, issues: 4, guidance: null, 'equal-hearing': 3, civility: 1 },
    ...{ slip: b64(slip), nym: b64(nym), seq: 2 },
  }
  const signer = bytesOf('hengping vector signer')
  const leaves = ['a', 'b', 'c', 'd', 'e'].map((label) => hex(bytesOf(label))).sort()
  return {
    v: 1,
    suite: sealing.SUITE,
    seed: hex(seed),
    ...{ invitation, period, direction, box: derive.boxId(period, direction) },
    derive: {
      ...{ stamp_secret: hex(key.secret), stamp: hex(key.stamp), slip: hex(slip), nym: hex(nym) },
      stamp_hash: derive.credentialHash('stamp', key.stamp),
      slip_hash: derive.credentialHash('slip', slip),
      nym_hash: derive.credentialHash('nym', nym),
      counted: derive.countedHash(slip),
      slip_info: derive.slipInfo(facts),
      nym_info: derive.nymInfo(period, direction, '鲁0203', 'lawyer'),
      recovery_code: recoveryCode(seed, period),
    },
    document: {
      ...{ kind: 'rubric', body: rubricBody, hash: rubric },
      message: new TextDecoder().decode(documentMessage('rubric', rubric)),
      ...{ signer_secret: hex(signer), signer: b64(ed25519.getPublicKey(signer)) },
      signature: b64(signDocument(signer, 'rubric', rubric)),
    },
    body: {
      value: body,
      canonical: new TextDecoder().decode(sealing.canonicalBody(body)),
      padded_sha256: hex(sha256(sealing.pad(sealing.canonicalBody(body)))),
    },
    log: { leaves, root: hex(merkleRoot(leaves.map(fromHex))), empty_root: hex(merkleRoot([])) },
  }
}

/** Everything that follows from an envelope once it exists. */
function ofEnvelope(envelope: Uint8Array) {
  const key = derive.stampKey(seed, invitation)
  return {
    ...{ envelope: b64(envelope), envelope_sha256: hex(sha256(envelope)), seq: 2 },
    cast_message: hex(sealing.castMessage(box, 2, envelope)),
    cast_signature: b64(sealing.signCast(key.secret, box, 2, envelope)),
    leaf: leafHash(key.stamp, envelope),
  }
}

async function openingKeys() {
  const suite = sealing.hpkeSuite()
  const side = async (label: string) => {
    const pair = await suite.DeriveKeyPair(bytesOf(label), true)
    const secret = await suite.SerializePrivateKey(pair.privateKey)
    return { secret, public: await suite.SerializePublicKey(pair.publicKey) }
  }
  return { bench: await side('hengping vector bench'), bar: await side('hengping vector bar') }
}

beforeAll(async () => {
  if (process.env.HENGPING_WRITE_VECTORS !== '1' && existsSync(FILE)) return
  const keys = await openingKeys()
  const fixed = deterministic()
  const open = { bench: keys.bench.public, bar: keys.bar.public }
  const envelope = await sealing.seal(fixed.body.value, box, open)
  const opening = Object.fromEntries(
    Object.entries(keys).map(([side, pair]) => [
      side,
      { secret: hex(pair.secret), public: b64(pair.public) },
    ]),
  )
  const text = JSON.stringify({ ...fixed, opening, sealed: ofEnvelope(envelope) }, null, 2)
  writeFileSync(FILE, `${text}\n`)
})

const read = () => JSON.parse(readFileSync(FILE, 'utf8'))

test('what follows from the seed is in the file, byte for byte', () => {
  expect(read()).toMatchObject(deterministic())
})

test('what follows from the envelope is in the file, byte for byte', () => {
  const { sealed } = read()
  expect(sealed).toEqual(ofEnvelope(fromB64(sealed.envelope)))
})

test('the envelope of the file opens with both keys and gives the body back', async () => {
  const { sealed, opening, body } = read()
  const envelope = fromB64(sealed.envelope)
  expect(envelope.length).toBe(4468)
  const bench = await openShare(envelope, box, 'bench', fromHex(opening.bench.secret))
  const bar = await openShare(envelope, box, 'bar', fromHex(opening.bar.secret))
  expect(openBody(envelope, box, bench, bar)).toEqual(body.value)
})
