/** The sealing half of a round: each language opens what the other sealed, and nothing that was changed opens or counts. */
import { b64, equal, fromB64, systemEntropy } from '../src/shared/crypto/bytes'
import { tagOf } from '../src/shared/crypto/counterpart'
import { type Kind, type Side, boxId, stampKey } from '../src/shared/crypto/derive'
import {
  type BallotBody,
  canonicalBody,
  hpkeSuite,
  seal,
  signCast,
} from '../src/shared/crypto/seal'
import { tokenBytes } from '../src/shared/crypto/token'
import { openBody, openShare, peel } from '../src/shared/crypto/unseal'
import { type Drawn, below, flipped, infoFor, nonceFor, otherDirection, otherPeriod } from './drawn'
import type { Rust } from './rust'
import { type Tally, type TrialKeys, both } from './tally'

interface Opened {
  refused: string | null
  ballot: string | null
  slip: boolean
  nym: boolean
}

const ITEMS = ['notice', 'issues', 'guidance', 'equal-hearing', 'civility']

function bodyOf(drawn: Drawn, slip: Uint8Array, nym: Uint8Array): BallotBody {
  const { facts, home, role } = drawn
  const levels = [1, 2, 3, 4, 5, null] as const
  const answers = Object.fromEntries(ITEMS.map((item) => [item, levels[below(levels.length)]!]))
  return {
    ...{ v: 2, ...facts, home, role, answers, slip: b64(slip), nym: b64(nym) },
    seq: 1 + below(8),
  }
}

export async function sealingRound(
  rust: Rust,
  keys: TrialKeys,
  drawn: Drawn,
  tally: Tally,
  turn: number,
): Promise<boolean> {
  const { box } = drawn
  const token = (kind: Kind) => {
    const nonce = nonceFor(drawn, kind)
    const tag = (side: Side) =>
      tagOf(fromB64(keys.issuer[side].secret), infoFor(drawn, kind), nonce)
    return tokenBytes(nonce, both(tag))
  }
  const [slip, nym] = [token('slip'), token('nym')]
  const body = bodyOf(drawn, slip, nym)
  const publics = (of: 'mix' | 'opening') => both((side) => fromB64(keys[of][side].public))
  const sealing = { mix: publics('mix'), opening: publics('opening') }
  const text = new TextDecoder().decode(canonicalBody(body))
  const { l0 } = await seal(body, box, sealing)

  const open = (posted: Uint8Array, of = box) =>
    rust.ask<Opened>({ do: 'open', box: boxId(of), posted: b64(posted) })
  const opened = await open(l0)
  const theirs = opened.ballot === text && opened.slip && opened.nym

  const { posted } = await rust.ask<{ posted: string }>({
    do: 'seal',
    box: boxId(box),
    ballot: body,
  })
  const secret = (of: 'mix' | 'opening', side: Side) => fromB64(keys[of][side].secret)
  const l1 = await peel(fromB64(posted), box, 'bench', secret('mix', 'bench'))
  const l2 = await peel(l1, box, 'bar', secret('mix', 'bar'))
  const share = (side: Side) => openShare(l2, box, side, secret('opening', side))
  const ours = canonicalBody(openBody(l2, box, await share('bench'), await share('bar')))

  // One changed ballot a round, by turns.
  const counts = async (posted: Uint8Array, of = box) => {
    const { refused, slip, nym } = await open(posted, of)
    return refused === null && slip && nym
  }
  const foreign = async () => {
    const suite = hpkeSuite()
    return suite.SerializePublicKey((await suite.GenerateKeyPair(true)).publicKey)
  }
  const sealed = async (change: Partial<BallotBody>) =>
    (await seal({ ...body, ...change }, box, sealing)).l0
  const changes: Record<string, () => Promise<boolean>> = {
    bit: () => counts(flipped(l0)),
    period: () => counts(l0, otherPeriod(box)),
    direction: () => counts(l0, otherDirection(box)),
    ratee: async () => counts(await sealed({ ratee: `${body.ratee}x` })),
    home: async () => counts(await sealed({ home: `${body.home}9` })),
    slip: async () => counts(await sealed({ slip: b64(flipped(slip)) })),
    nym: async () => counts(await sealed({ nym: b64(flipped(nym)) })),
    'slip-as-nym': async () => counts(await sealed({ slip: b64(nym), nym: b64(slip) })),
    side: async () => {
      const { bench, bar } = sealing.opening
      return counts((await seal(body, box, { ...sealing, opening: { bench: bar, bar: bench } })).l0)
    },
    key: async () => {
      const opening = { ...sealing.opening, bar: await foreign() }
      return counts((await seal(body, box, { ...sealing, opening })).l0)
    },
  }
  const [name, make] = Object.entries(changes)[turn % Object.keys(changes).length]!
  tally.changed(`ballot ${name}`, await make())

  return (
    theirs &&
    equal(ours, canonicalBody(body)) &&
    (await castRound(rust, drawn, tally, body, l0, token('stamp')))
  )
}

/** The stamp signs box, number and item: another one of these under the same signature is refused. */
async function castRound(
  rust: Rust,
  { box, seed, invitation }: Drawn,
  tally: Tally,
  { seq }: BallotBody,
  l0: Uint8Array,
  stamp: Uint8Array,
): Promise<boolean> {
  const signature = signCast(stampKey(seed, invitation).secret, box, seq, l0)
  const cast = {
    ...{ box: boxId(box), stamp: b64(stamp), seq, envelope: b64(l0), signature: b64(signature) },
  }
  const stranger = stampKey(systemEntropy(32), invitation).public
  const changes = {
    period: { box: boxId(otherPeriod(box)) },
    direction: { box: boxId(otherDirection(box)) },
    number: { seq: (seq % 8) + 1 },
    envelope: { envelope: b64(flipped(l0)) },
    signature: { signature: b64(flipped(signature)) },
    stamp: {
      stamp: b64(tokenBytes(stranger, { bench: stamp.slice(32, 96), bar: stamp.slice(96) })),
    },
  }
  const ask = [cast, ...Object.values(changes).map((change) => ({ ...cast, ...change }))]
  const [holds, ...held] = await rust.ask<boolean[]>({ do: 'cast', ask })
  Object.keys(changes).forEach((name, i) => tally.changed(`cast ${name}`, held[i]!))
  return holds!
}
