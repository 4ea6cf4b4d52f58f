/** Tokens against RFC 9497, appendix A.1.3, and against everything an issuer or a wire could change. */
import { ristretto255 } from '@noble/curves/ed25519.js'
import { expect, test, vi } from 'vitest'
import { b64, concat, equal, fromB64, fromHex, hex, systemEntropy, utf8 } from './bytes'
import { evaluate, issuerKeyPair, issuerPublic, tagOf } from './counterpart'
import { blindOf, infoOf, nonceOf } from './derive'
import { ProofRefused, TOKEN_BYTES, blind, finish, tokenBytes } from './token'

const RFC = {
  secret: '145c79c108538421ac164ecbe131942136d5570b16d8bf41a24d4337da981e07',
  public: 'c647bef38497bc6ec077c22af65b696efa43bff3b4a1975a3e8e0a1c5a79d631',
  info: 'test info',
  blind: '64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706',
  vectors: [
    {
      input: '00',
      blinded: 'c8713aa89241d6989ac142f22dba30596db635c772cbf25021fdd8f3d461f715',
      evaluated: '1a4b860d808ff19624731e67b5eff20ceb2df3c3c03b906f5693e2078450d874',
      proof:
        '41ad1a291aa02c80b0915fbfbb0c0afa15a57e2970067a602ddb9e8fd6b7100d' +
        'e32e1ecff943a36f0b10e3dae6bd266cdeb8adf825d86ef27dbc6c0e30c52206',
      output:
        'ca688351e88afb1d841fde4401c79efebb2eb75e7998fa9737bd5a82a152406d' +
        '38bd29f680504e54fd4587eddcf2f37a2617ac2fbd2993f7bdf45442ace7d221',
    },
    {
      input: '5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a',
      blinded: 'f0f0b209dd4d5f1844dac679acc7761b91a2e704879656cb7c201e82a99ab07d',
      evaluated: '8c3c9d064c334c6991e99f286ea2301d1bde170b54003fb9c44c6d7bd6fc1540',
      proof:
        '4c39992d55ffba38232cdac88fe583af8a85441fefd7d1d4a8d0394cd1de7701' +
        '8bf135c174f20281b3341ab1f453fe72b0293a7398703384bed822bfdeec8908',
      output:
        '7c6557b276a137922a0bcfc2aa2b35dd78322bd500235eb6d6b6f91bc5b56a52' +
        'de2d65612d503236b321f5d0bebcbc52b64b92e426f29c9b8b69f52de98ae507',
    },
  ],
}

test('keys of RFC 9497, A.1.3', () => {
  const pair = issuerKeyPair(new Uint8Array(32).fill(0xa3), 'test key')
  expect(hex(pair.secretKey)).toBe(RFC.secret)
  expect(hex(pair.publicKey)).toBe(RFC.public)
  expect(hex(issuerPublic(fromHex(RFC.secret)))).toBe(RFC.public)
})

test.each(RFC.vectors)('vector of RFC 9497, A.1.3: input $input', (vector) => {
  const input = fromHex(vector.input)
  const step = blind(RFC.info, input, fromHex(RFC.public), fromHex(RFC.blind))
  expect(hex(step.element)).toBe(vector.blinded)
  const answer = { element: b64(fromHex(vector.evaluated)), proof: b64(fromHex(vector.proof)) }
  expect(hex(finish(step, answer))).toBe(vector.output)
  expect(hex(tagOf(fromHex(RFC.secret), RFC.info, input))).toBe(vector.output)
  expect(evaluate(fromHex(RFC.secret), RFC.info, step.element).element).toBe(answer.element)
})

const box = { period: '2026', direction: 'bar_rates_bench' as const }
const facts = { ratee: 'r', court: '鲁0202', stratum: 'civil.for', rubric: 'f'.repeat(64) }
const info = infoOf.slip(box, facts)
const seed = systemEntropy(32)
const issuer = issuerKeyPair(systemEntropy(32), 'a')
const other = issuerKeyPair(systemEntropy(32), 'b')
const nonce = nonceOf(seed, 'slip', 'one')
const scalar = blindOf(seed, 'slip', 'one', 'bench')
const step = blind(info, nonce, issuer.publicKey, scalar)
const right = evaluate(issuer.secretKey, info, step.element)

test('a tag is what the issuer computes from the nonce it never saw', () => {
  expect(finish(step, right)).toEqual(tagOf(issuer.secretKey, info, nonce))
  const again = blind(info, nonce, issuer.publicKey, blindOf(seed, 'slip', 'one', 'bar'))
  expect(again.element).not.toEqual(step.element)
  expect(finish(again, evaluate(issuer.secretKey, info, again.element))).toEqual(
    finish(step, right),
  )
})

test('the same seed blinds to the same bytes; every part of the label counts', () => {
  expect(blindOf(seed, 'slip', 'one', 'bench')).toEqual(scalar)
  expect(blind(info, nonce, issuer.publicKey, scalar).element).toEqual(step.element)
  const others = [
    blindOf(systemEntropy(32), 'slip', 'one', 'bench'),
    blindOf(seed, 'stamp', 'one', 'bench'),
    blindOf(seed, 'slip', 'two', 'bench'),
    blindOf(seed, 'slip', 'one', 'bar'),
  ]
  for (const each of others) expect(equal(each, scalar)).toBe(false)
})

const flip = (text: string, at = 0) => {
  const bytes = fromB64(text)
  bytes[at]! ^= 1
  return b64(bytes)
}
const zero = b64(new Uint8Array(32))
const foreign = b64(ristretto255.Point.BASE.toBytes())
const at = (change: { info?: string; key?: Uint8Array; nonce?: Uint8Array }) =>
  blind(change.info ?? info, change.nonce ?? nonce, change.key ?? issuer.publicKey, scalar)

test.each([
  ['another key', step, evaluate(other.secretKey, info, step.element)],
  ['the proof for a key of its own', at({ key: other.publicKey }), right],
  ['another period', at({ info: infoOf.slip({ ...box, period: '2027' }, facts) }), right],
  ['another ratee', at({ info: infoOf.slip(box, { ...facts, ratee: 's' }) }), right],
  ['another element', step, evaluate(issuer.secretKey, info, ristretto255.Point.BASE.toBytes())],
  ['an element of somebody else', step, { ...right, element: foreign }],
  ['an element that is none', step, { ...right, element: flip(right.element, 31) }],
  ['the identity', step, { ...right, element: zero }],
  ['a changed challenge', step, { ...right, proof: flip(right.proof) }],
  ['a changed response', step, { ...right, proof: flip(right.proof, 32) }],
  ['a short proof', step, { ...right, proof: right.proof.slice(0, 40) }],
  ['a long proof', step, { ...right, proof: `${right.proof}AAAA` }],
  ['text that is no bytes', step, { ...right, proof: '!' }],
])('refused: %s', (_, blinded, answer) => {
  expect(() => finish(blinded, answer)).toThrow(ProofRefused)
})

test('the control for the refusals above: the same steps with the right answer hold', () => {
  expect(finish(at({}), right).length).toBe(64)
  const period = at({ info: infoOf.slip({ ...box, period: '2027' }, facts) })
  expect(finish(period, evaluate(issuer.secretKey, period.info, period.element)).length).toBe(64)
})

test('another nonce, info or key gives another tag', () => {
  const tag = tagOf(issuer.secretKey, info, nonce)
  expect(tagOf(issuer.secretKey, info, nonceOf(seed, 'slip', 'two'))).not.toEqual(tag)
  expect(tagOf(issuer.secretKey, infoOf.stamp(box), nonce)).not.toEqual(tag)
  expect(tagOf(other.secretKey, info, nonce)).not.toEqual(tag)
})

test('a key that is no element, or the identity, is refused before anything is sent', () => {
  expect(() => blind(info, nonce, new Uint8Array(32), scalar)).toThrow()
  expect(() => blind(info, nonce, new Uint8Array(32).fill(255), scalar)).toThrow()
  expect(() => blind(info, nonce, issuer.publicKey, new Uint8Array(32))).toThrow(RangeError)
})

test('a token has one size and one order', () => {
  const [bench, bar] = [new Uint8Array(64).fill(1), new Uint8Array(64).fill(2)]
  const token = tokenBytes(nonce, { bench, bar })
  expect(token).toEqual(concat(nonce, bench, bar))
  expect(token.length).toBe(TOKEN_BYTES)
  expect(() => tokenBytes(nonce, { bench, bar: bar.slice(1) })).toThrow(RangeError)
  expect(() => tokenBytes(concat(nonce, nonce.slice(0, 1)), { bench, bar: bar.slice(1) })).toThrow()
})

/** Plain http inside a court's network: a browser has `getRandomValues` there and nothing else. */
test('nothing of this asks for crypto.subtle', async () => {
  const { getRandomValues } = crypto
  vi.stubGlobal('crypto', { getRandomValues: getRandomValues.bind(crypto) })
  try {
    vi.resetModules()
    const [token, sealing, enrol, ed] = await Promise.all([
      import('./token'),
      import('./seal'),
      import('./enrol'),
      import('@noble/curves/ed25519.js'),
    ])
    expect(globalThis.crypto.subtle).toBeUndefined()
    const late = token.blind(info, nonce, issuer.publicKey, scalar)
    expect(token.finish(late, right)).toEqual(finish(step, right))
    const pair = await sealing.hpkeSuite().GenerateKeyPair(true)
    const key = await sealing.hpkeSuite().SerializePublicKey(pair.publicKey)
    const both = { bench: key, bar: key }
    const body = { v: 2 as const, ...facts, home: '鲁0203', role: 'lawyer', answers: {}, seq: 1 }
    const sealed = await sealing.seal({ ...body, slip: '', nym: '' }, box, {
      mix: both,
      opening: both,
    })
    expect(sealed.l0.length).toBe(sealing.L0_BYTES)
    expect(enrol.enrolMac(enrol.codeKey('0'.repeat(20)), 'b', 'r', 'k').length).toBe(32)
    const secret = systemEntropy(32)
    const signature = ed.ed25519.sign(utf8('x'), secret)
    expect(ed.ed25519.verify(signature, utf8('x'), ed.ed25519.getPublicKey(secret))).toBe(true)
  } finally {
    vi.unstubAllGlobals()
  }
})
