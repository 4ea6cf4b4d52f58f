/**
 * Seal, keep, deliver. A sealed ballot is written to the device before it is sent and stays there until the box has
 * acknowledged it; the same bytes may be sent any number of times.
 */
import { Refusal, postCast } from '@shared/api'
import { b64, fromB64 } from '@shared/crypto/bytes'
import { countedHash, derive, splitBox, stampKey } from '@shared/crypto/derive'
import { leafHash } from '@shared/crypto/log'
import { type Answers, MOST_SEQUENCES, seal, signCast } from '@shared/crypto/seal'
import type { Invitation } from '@shared/types'
import {
  type CastRecord,
  accountsWithCasts,
  readCasts,
  readSeed,
  wipeDraft,
  writeCast,
} from './device'
import { accountId, castOf, credentialsListed, refreshCasts, whom, work } from './work'

/** Seals the answers and queues them; the draft is gone afterwards. Returns the record that waits for delivery. */
export async function sealBallot(
  item: Invitation,
  answers: Answers,
  seq = (castOf(item.id)?.seq ?? 0) + 1,
): Promise<CastRecord> {
  const account = accountId()
  const box = splitBox(work.box?.id ?? '')
  const manifest = work.box?.manifest.body
  const seed = box && readSeed(account, box.period)
  if (!box || !manifest || !seed) throw new Refusal('issued-elsewhere', 0)
  if (manifest.rubric !== item.slip.rubric) throw new Refusal('document-mismatch', 0)
  const { secret, stamp } = stampKey(seed.bytes, item.id)
  const slip = derive(seed.bytes, 'slip', item.id)
  const { ratee, court, stratum, rubric } = item.slip
  const nym = b64(derive(seed.bytes, 'nym', work.box!.id))
  const envelope = await seal(
    { v: 1, ratee, court, stratum, rubric, answers, slip: b64(slip), nym, seq },
    box,
    { bench: fromB64(manifest.opening.bench), bar: fromB64(manifest.opening.bar) },
  )
  const old = castOf(item.id)
  const standing = old?.state === 'stored' ? { seq: old.seq, leaf: old.leaf } : old?.before
  const record: CastRecord = {
    ...{ invitation: item.id, box: work.box!.id, seq, state: 'queued' },
    ...{ leaf: leafHash(stamp, envelope), counted: countedHash(slip) },
    ...{ case_number: item.case_number, whom: whom(item), before: standing ?? null },
    cast: {
      ...{ box: work.box!.id, stamp: b64(stamp), seq, envelope: b64(envelope) },
      signature: b64(signCast(secret, box, seq, envelope)),
    },
  }
  writeCast(account, record)
  wipeDraft(account, item.id)
  refreshCasts()
  return record
}

/**
 * Seals and delivers. On a device whose seed came from a recovery code the last sequence number is unknown, so a
 * refusal there means "try the next one", as long as there is one.
 */
export async function castBallot(item: Invitation, answers: Answers): Promise<CastRecord> {
  const account = accountId()
  const period = work.invitations?.period?.id ?? ''
  let record = await sealBallot(item, answers)
  await credentialsListed()
  await deliver(account, record)
  while (record.state === 'refused' && readSeed(account, period)?.recovered) {
    if (record.seq >= MOST_SEQUENCES) break
    record = await sealBallot(item, answers, record.seq + 1)
    await deliver(account, record)
  }
  return record
}

/** Sends one queued ballot once; its record says afterwards how it stands. */
export async function deliver(account: string, record: CastRecord): Promise<void> {
  if (!record.cast) return
  const sent = record.seq
  try {
    await postCast(record.cast)
    Object.assign(record, { state: 'stored', cast: null, before: null })
  } catch (error) {
    const final = error instanceof Refusal && (error.status === 409 || error.status === 422)
    if (!final) return
    Object.assign(record, refusedRecord(record))
  }
  // A newer ballot for the same case may have been sealed while this one was on its way.
  const current = readCasts(account).find((other) => other.invitation === record.invitation)
  if (current && current.seq > sent) return
  writeCast(account, record)
  refreshCasts()
}

/** After a refusal the earlier ballot of the same case still stands, where there is one. */
function refusedRecord({ before }: CastRecord): Partial<CastRecord> {
  if (!before) return { state: 'refused', cast: null }
  return { ...before, state: 'stored', cast: null, before: null, change_refused: true }
}

/** Sends everything that waits on this device; true when nothing waits any longer. */
export async function deliverQueue(): Promise<boolean> {
  let done = true
  for (const account of accountsWithCasts()) {
    for (const record of readCasts(account).filter((each) => each.state === 'queued')) {
      await deliver(account, record)
      done = done && record.state !== 'queued'
    }
  }
  return done
}

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 60_000

/** Keeps trying while the page is open, at once when the network returns, ever more rarely otherwise. */
export function keepDelivering(): void {
  let wait = FIRST_WAIT_MS
  let timer = 0
  const attempt = async () => {
    clearTimeout(timer)
    const done = await deliverQueue()
    wait = done ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS)
    timer = window.setTimeout(attempt, done ? LONGEST_WAIT_MS : wait)
  }
  window.addEventListener('online', () => void attempt())
  void attempt()
}
