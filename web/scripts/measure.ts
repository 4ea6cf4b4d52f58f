/**
 * How long the browser's own code takes for a token and for a sealed ballot. Runs in node and, bundled, in Chromium
 * (`tests/browser/measure.mjs`). What the issuers do in between is not counted.
 */
import { systemEntropy } from '../src/shared/crypto/bytes'
import { evaluate, issuerKeyPair } from '../src/shared/crypto/counterpart'
import { type Side, SIDES, blindOf, infoOf, nonceOf } from '../src/shared/crypto/derive'
import { hpkeSuite, seal } from '../src/shared/crypto/seal'
import { blind, finish } from '../src/shared/crypto/token'

export interface Measured {
  /** Blind, check and unblind for both sides, median of the runs. */
  token_ms: number
  /** A whole envelope with both layers, median of the runs. */
  seal_ms: number
  runs: number
}

const box = { period: '2026', direction: 'bar_rates_bench' as const }

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length / 2)]! * 100) / 100
}

export async function measure(runs = 20): Promise<Measured> {
  const [seed, info] = [systemEntropy(32), infoOf.stamp(box)]
  const issuer = (side: Side) => issuerKeyPair(systemEntropy(32), side)
  const issuers = { bench: issuer('bench'), bar: issuer('bar') }
  const tokens: number[] = []
  for (let run = 0; run <= runs; run++) {
    const id = `${run}`
    const nonce = nonceOf(seed, 'stamp', id)
    let from = performance.now()
    const blinded = SIDES.map((side) =>
      blind(info, nonce, issuers[side].publicKey, blindOf(seed, 'stamp', id, side)),
    )
    let spent = performance.now() - from
    const answers = SIDES.map((side, i) =>
      evaluate(issuers[side].secretKey, info, blinded[i]!.element),
    )
    from = performance.now()
    blinded.forEach((each, i) => finish(each, answers[i]!))
    spent += performance.now() - from
    // The first run warms up.
    if (run > 0) tokens.push(spent)
  }
  const suite = hpkeSuite()
  const key = async () =>
    suite.SerializePublicKey((await suite.GenerateKeyPair(true)).publicKey) as Promise<Uint8Array>
  const keys = {
    mix: { bench: await key(), bar: await key() },
    opening: { bench: await key(), bar: await key() },
  }
  const token = 'A'.repeat(214)
  const body = {
    ...{ v: 2 as const, ratee: 'judge-0417', court: '鲁0202', stratum: 'civil.for' },
    ...{ rubric: 'f'.repeat(64), home: '鲁0203', role: 'lawyer', seq: 1, slip: token, nym: token },
    answers: { notice: 5 as const, issues: null },
  }
  const seals: number[] = []
  for (let run = 0; run <= runs; run++) {
    const from = performance.now()
    await seal(body, box, keys)
    if (run > 0) seals.push(performance.now() - from)
  }
  return { token_ms: median(tokens), seal_ms: median(seals), runs }
}
