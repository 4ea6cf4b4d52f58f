/** What agents and the relay say is believed with their signature over exactly this, and not otherwise. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { b64, concat, fromB64, hex, systemEntropy, utf8 } from './bytes'
import { base64, checkpointText, keyId, verifyCheckpoint } from './checkpoint'
import * as agent from './counterpart'
import { requestKey } from './derive'
import { documentHash } from './document'
import { codeKey, enrolMac, enrolMessage, normalisedCode } from './enrol'
import { verifyReceipt } from './receipt'
import { type TokenRequest, requestMessage, signRequest } from './request'
import { type Signed, isStatement, verifyStatement } from './statement'

const key = () => {
  const secret = systemEntropy(32)
  return { secret, public: b64(ed25519.getPublicKey(secret)) }
}
const box = '2026.bar_rates_bench'
const [bench, bar] = [key(), key()]
const agents = { bench: bench.public, bar: bar.public }

test('a statement holds for its signer, kind, box and side', () => {
  const statement = { v: 1, kind: 'adopted', box, side: 'bench', manifest: 'm' } as const
  const signed = agent.signStatement(bench.secret, statement)
  const expected = { kind: 'adopted', box, side: 'bench' } as const
  expect(isStatement(signed, expected, bench.public)).toBe(true)
  expect(isStatement(signed, expected, bar.public)).toBe(false)
  expect(isStatement(signed, { ...expected, kind: 'closed' }, bench.public)).toBe(false)
  expect(isStatement(signed, { ...expected, box: `${box}x` }, bench.public)).toBe(false)
  expect(isStatement(signed, { ...expected, side: 'bar' }, bench.public)).toBe(false)
  const changed = { ...signed, statement: { ...statement, manifest: 'n' } }
  expect(verifyStatement(bench.public, changed)).toBe(false)
  const more = { ...signed, statement: { ...statement, more: 1 } }
  expect(verifyStatement(bench.public, more)).toBe(false)
  expect(verifyStatement(bench.public, { ...signed, signature: '!' })).toBe(false)
  const reordered = Object.fromEntries(Object.entries(statement).reverse())
  expect(verifyStatement(bench.public, { ...signed, statement: reordered } as Signed)).toBe(true)
  const other = agent.signStatement(bench.secret, { ...statement, v: 2 as 1 })
  expect(isStatement(other, expected, bench.public)).toBe(false)
  expect(isStatement({} as never, expected, bench.public)).toBe(false)
})

test('a receipt holds for exactly this cast and this relay', () => {
  const relay = key()
  const cast = { box, leaf: 'a'.repeat(64), seq: 2 }
  const receipt = agent.signReceipt(relay.secret, cast)
  expect(verifyReceipt(relay.public, receipt, cast)).toBe(true)
  expect(verifyReceipt(bench.public, receipt, cast)).toBe(false)
  for (const change of [{ box: 'b' }, { leaf: 'b'.repeat(64) }, { seq: 3 }]) {
    expect(verifyReceipt(relay.public, receipt, { ...cast, ...change })).toBe(false)
    expect(verifyReceipt(relay.public, { ...receipt, ...change }, { ...cast, ...change })).toBe(
      false,
    )
  }
  expect(verifyReceipt(relay.public, { ...receipt, status: 'seen' as never }, cast)).toBe(false)
  expect(verifyReceipt(relay.public, {} as never, cast)).toBe(false)
})

const point = { size: 7, root: hex(sha256(utf8('root'))) }
const line = (side: 'bench' | 'bar', signer = side === 'bench' ? bench : bar, of = point) =>
  agent.cosignature(signer.secret, box, side, of)
const note = (...lines: string[]) => agent.checkpointNote(box, point, lines)
const both = note(line('bench'), line('bar'))

test('a checkpoint is a signed note of three lines and both agents', () => {
  expect(both.startsWith(`hengping/${box}\n7\n${base64(sha256(utf8('root')))}\n\n— `)).toBe(true)
  expect(verifyCheckpoint(both, box, agents)).toEqual(point)
  expect(verifyCheckpoint(note(line('bar'), line('bench')), box, agents)).toEqual(point)
  const witness = agent.cosignature(key().secret, 'elsewhere', 'bar', point)
  expect(verifyCheckpoint(note(line('bench'), witness, line('bar')), box, agents)).toEqual(point)
  const expected = sha256(concat(utf8('n'), Uint8Array.of(10, 1), fromB64(bench.public)))
  expect(keyId('n', fromB64(bench.public))).toEqual(expected.slice(0, 4))
})

test.each([
  ['one signature missing', note(line('bench'))],
  ['one agent signing for both', note(line('bench'), line('bar', bench))],
  ['the same line twice', note(line('bench'), line('bench'))],
  ['another size', both.replace('\n7\n', '\n8\n')],
  ['a size that is written otherwise', both.replace('\n7\n', '\n07\n')],
  ['another root', both.replace(base64(sha256(utf8('root'))), base64(sha256(utf8('toor'))))],
  ['another box', both.replace(`hengping/${box}\n`, 'hengping/other\n')],
  ['a line more', both.replace('\n\n', '\nmore\n\n')],
  ['no end', both.slice(0, -1)],
  ['no signatures', checkpointText(box, point)],
  ['a wrong key id', both.replace(/bench .{4}/, (found) => `${found.slice(0, -4)}AAAA`)],
  ['nothing', ''],
])('refused: a checkpoint with %s', (_, text) => {
  expect(verifyCheckpoint(text, box, agents)).toBeUndefined()
})

test('an enrolment code is read as people write it', () => {
  const code = 'YK8Q01H3ZP7VT2C9M4XR'
  expect(normalisedCode('YK8Q0-1H3ZP-7VT2C-9M4XR')).toBe(code)
  expect(normalisedCode(' yk8qo ih3zp 7vt2c 9m4xr ')).toBe(code)
  expect(normalisedCode('YK8QOLH3ZP7VT2C9M4XR')).toBe(code)
  for (const bad of ['', code.slice(1), `${code}0`, code.replace('Y', 'U'), code.replace('Y', '*')])
    expect(normalisedCode(bad)).toBeUndefined()
})

test('the MAC of an enrolment is bound to code, box, rater and key', () => {
  const mac = (code: string, ...rest: [string, string, string]) =>
    hex(enrolMac(codeKey(code), ...rest))
  const one = '0'.repeat(20)
  const whole = mac(one, 'b', 'r', 'k')
  expect(mac(one, 'b', 'r', 'k')).toBe(whole)
  const others = [
    mac(`1${one.slice(1)}`, 'b', 'r', 'k'),
    mac(one, 'c', 'r', 'k'),
    mac(one, 'b', 's', 'k'),
    mac(one, 'b', 'r', 'l'),
  ]
  expect(new Set([whole, ...others]).size).toBe(5)
  expect(new TextDecoder().decode(enrolMessage('b', 'r', 'k'))).toBe('hengping/v2/enrol\nb\nr\nk')
})

test('a token request is signed over its canonical form by the request key of its box', () => {
  const seed = systemEntropy(32)
  const request: TokenRequest = {
    ...{ v: 1, box, rater: 'r', nym: { bench: 'a', bar: 'b' } },
    tokens: [{ invitation: 'i', stamp: { bench: 'c', bar: 'd' }, slip: { bench: 'e', bar: 'f' } }],
  }
  const signature = fromB64(signRequest(requestKey(seed, box), request))
  const holds = (value: TokenRequest, of = box) =>
    ed25519.verify(signature, requestMessage(documentHash(value)), requestKey(seed, of).public)
  expect(holds(request)).toBe(true)
  expect(holds({ ...request, rater: 's' })).toBe(false)
  expect(holds(request, '2027.bar_rates_bench')).toBe(false)
})
