/**
 * Cross-language rounds: the browser's code blinds, Rust evaluates, the browser checks and unblinds, Rust verifies; and
 * the other way round; each side opens what the other sealed; and whatever is changed on the way is refused. Prints one
 * line of JSON; the status is 1 unless all rounds agree, no change is accepted, and the control accepts what it should.
 *
 * The control is a naive build that leaves the proof out: it takes a tag under a key of its own from an issuer that wants
 * to mark a rater, and never notices.
 *
 * Every round fetches a token; what costs more, the device in Rust, the control and sealing both ways, is in one of EVERY
 * rounds, which `whole` counts.
 *
 * usage: node web/tools/run.mjs web/scripts/rounds.ts PROGRAM [ROUNDS [EVERY]]
 */
import { ristretto255 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { b64, concat, equal, fromB64, systemEntropy, utf8 } from '../src/shared/crypto/bytes'
import { evaluate, issuerKeyPair, tagOf } from '../src/shared/crypto/counterpart'
import { SIDES, type Side, blindOf } from '../src/shared/crypto/derive'
import {
  type Blinded,
  type Evaluation,
  ProofRefused,
  blind,
  finish,
  tokenBytes,
} from '../src/shared/crypto/token'
import { type Drawn, draw, flipped, infoFor, nonceFor, otherInfos } from './drawn'
import { measure } from './measure'
import { Rust } from './rust'
import { sealingRound } from './sealing'
import { Tally, type TrialKeys, both } from './tally'

const ROUNDS_PER_KEYS = 100

const other = (side: Side): Side => (side === 'bench' ? 'bar' : 'bench')

/** RFC 9497 without the proof: what a client that trusts its issuer would do. */
function naive({ nonce, info, blind: scalar }: Blinded, { element }: Evaluation): Uint8Array {
  const { Point } = ristretto255
  const unblinded = Point.fromBytes(fromB64(element)).multiply(
    Point.Fn.inv(Point.Fn.fromBytes(scalar)),
  )
  const framed = (bytes: Uint8Array) =>
    concat(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes)
  return sha512(
    concat(framed(nonce), framed(utf8(info)), framed(unblinded.toBytes()), utf8('Finalize')),
  )
}

function accepts(blinded: Blinded, evaluation: Evaluation): boolean {
  try {
    finish(blinded, evaluation)
    return true
  } catch (error) {
    if (error instanceof ProofRefused) return false
    throw error
  }
}

/** One token from the first element to the check, and everything next to it. */
async function tokenRound(rust: Rust, keys: TrialKeys, drawn: Drawn, tally: Tally, turn: number) {
  const { kind, seed, id } = drawn
  const [info, nonce] = [infoFor(drawn, kind), nonceFor(drawn, kind)]
  const blinded = both((side) =>
    blind(info, nonce, fromB64(keys.issuer[side].public), blindOf(seed, kind, id, side)),
  )
  const elements = both((side) => b64(blinded[side].element))
  const issue = (of: string, elements: Record<Side, string>) =>
    rust.ask<Record<Side, Evaluation>>({ do: 'issue', info: of, blinded: elements })
  const answers = await issue(info, elements)
  const tags = both((side) => finish(blinded[side], answers[side]))
  const token = tokenBytes(nonce, tags)

  const foreign = issuerKeyPair(systemEntropy(32), 'foreign')
  const side = SIDES[turn % 2]!
  const changed: Record<string, [Uint8Array, string]> = {
    nonce: [flipped(token, 0, 32), info],
    'tag-bench': [flipped(token, 32, 96), info],
    'tag-bar': [flipped(token, 96), info],
    side: [tokenBytes(nonce, { bench: tags.bar, bar: tags.bench }), info],
    key: [tokenBytes(nonce, { ...tags, [side]: tagOf(foreign.secretKey, info, nonce) }), info],
    'one-side-alone': [tokenBytes(nonce, { bench: tags[side], bar: tags[side] }), info],
  }
  for (const [name, changedInfo] of Object.entries(otherInfos(drawn)))
    changed[name] = [token, changedInfo]
  const ask = [[token, info] as const, ...Object.values(changed)]
  const [holds, ...held] = await rust.ask<boolean[]>({
    ...{ do: 'tokens', ask: ask.map(([bytes, of]) => [b64(bytes), of]) },
  })
  Object.keys(changed).forEach((name, i) => tally.changed(`token ${name}`, held[i]!))

  // One changed answer a round, by turns: each costs the check of a proof.
  const answer = answers[side]
  const [otherInfo] = Object.values(otherInfos(drawn)).slice(-1)
  const marking = () => evaluate(foreign.secretKey, info, blinded[side].element)
  const wrong: Record<string, () => Evaluation | Promise<Evaluation>> = {
    proof: () => ({ ...answer, proof: b64(flipped(fromB64(answer.proof))) }),
    element: () => ({ ...answer, element: answers[other(side)].element }),
    key: marking,
    info: async () => (await issue(otherInfo!, elements))[side],
    side: () => answers[other(side)],
    nonce: async () => {
      const strange = blind(
        info,
        systemEntropy(32),
        fromB64(keys.issuer[side].public),
        blinded[side].blind,
      )
      return (
        await issue(
          info,
          both(() => b64(strange.element)),
        )
      )[side]
    },
  }
  const [name, make] = Object.entries(wrong)[turn % Object.keys(wrong).length]!
  const evaluation = await make()
  tally.changed(`answer ${name}`, accepts(blinded[side], evaluation))

  return { holds: holds!, info, nonce, blinded, elements, answers, tags, token, side, foreign }
}

/** The other way round: the device in Rust, the agents in the browser's language. Same elements, same token. */
async function backwards(rust: Rust, keys: TrialKeys, drawn: Drawn, made: Made): Promise<boolean> {
  const { info, nonce, blinded, elements, token } = made
  const { kind, seed, id } = drawn
  const answers = both((side) =>
    evaluate(fromB64(keys.issuer[side].secret), info, blinded[side].element),
  )
  const finished = await rust.ask<{ blinded: Record<Side, string>; token: string | null }>({
    ...{ do: 'finish', seed: b64(seed), kind, id, nonce: b64(nonce), info },
    ...{ answers, issuers: both((side) => keys.issuer[side].public) },
  })
  const same = SIDES.every((side) => finished.blinded[side] === elements[side])
  return same && finished.token === b64(token)
}

/** The control does not look at the proof, so it takes the foreign key's tag, which marks the rater. */
function control(tally: Tally, { blinded, answers, tags, side, foreign, info, nonce }: Made): void {
  const marking = evaluate(foreign.secretKey, info, blinded[side].element)
  tally.control.wrong_keys += 1
  // It is a working client otherwise: with the right key it gets the right tag.
  if (!equal(naive(blinded[side], answers[side]), tags[side])) return
  const taken = naive(blinded[side], marking)
  tally.control.accepted += Number(taken.length === 64)
  tally.control.marked += Number(equal(taken, tagOf(foreign.secretKey, info, nonce)))
}

type Made = Awaited<ReturnType<typeof tokenRound>>

export async function rounds(program: string, count: number, every: number) {
  const rust = new Rust(program)
  const tally = new Tally()
  const from = performance.now()
  let keys: TrialKeys | undefined
  let whole = 0
  for (let turn = 0; turn < count; turn++) {
    if (turn % ROUNDS_PER_KEYS === 0 || !keys)
      keys = await rust.ask<TrialKeys>({ do: 'keys', seed: b64(systemEntropy(32)) })
    const drawn = draw()
    const made = await tokenRound(rust, keys, drawn, tally, turn)
    let agreed = made.holds
    if (turn % every === 0) {
      whole += 1
      control(tally, made)
      const back = await backwards(rust, keys, drawn, made)
      agreed &&= (await sealingRound(rust, keys, drawn, tally, turn / every)) && back
    }
    tally.agreed += Number(agreed)
  }
  await rust.end()
  const seconds = Math.round((performance.now() - from) / 100) / 10
  return {
    ...{
      rounds: count,
      whole,
      agreed: tally.agreed,
      mutations: tally.sum(0),
      accepted: tally.sum(1),
    },
    ...{ control: tally.control, changes: tally.changes, seconds, measured: await measure() },
  }
}

export async function main([program, count = '1000', every = '4']: string[]) {
  if (!program) throw new Error('usage: rounds.ts PROGRAM [ROUNDS [EVERY]]')
  const summary = await rounds(program, Number(count), Number(every))
  console.log(JSON.stringify(summary))
  const { agreed, accepted, mutations, control } = summary
  const sound = agreed === Number(count) && agreed > 0 && accepted === 0 && mutations > 0
  const { wrong_keys: wrong } = control
  process.exitCode = sound && control.accepted === wrong && control.marked === wrong ? 0 : 1
}
