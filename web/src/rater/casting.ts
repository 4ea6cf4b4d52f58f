/**
 * Seal, keep, deliver. A sealed ballot is written to the device before it is sent and stays there until the relay has
 * given a receipt that holds; the same bytes may be sent any number of times.
 */
import { Refusal, postCast } from '@shared/api'
import { b64, fromB64 } from '@shared/crypto/bytes'
import { countedHash, nonceOf, splitBox, stampKey } from '@shared/crypto/derive'
import { leafHash } from '@shared/crypto/log'
import { verifyReceipt } from '@shared/crypto/receipt'
import { type Answers, MOST_SEQUENCES, type SealingKeys, seal, signCast } from '@shared/crypto/seal'
import { publicsOf } from '@shared/manifest'
import { session } from '@shared/session'
import type { Invitation, ManifestBody } from '@shared/types'
import { tokensOf } from './credentials'
import {
  type CastRecord,
  type RefusedBecause,
  accountsWithCasts,
  readCasts,
  readSeed,
  wipeDraft,
  writeCast,
} from './device'
import { accountId, castOf, periodId, refreshCasts, whom, work } from './work'

/** The number the next ballot of a case gets: after all that this device has used, whether they were taken or not. */
export const nextNumber = (record: CastRecord | undefined): number =>
  Math.max(record?.seq ?? 0, record?.tried ?? 0) + 1

/** Whether a number is left for another ballot of the case. */
export const numberLeft = (record: CastRecord | undefined): boolean =>
  nextNumber(record) <= MOST_SEQUENCES

/** Whether this ballot may be sealed at all. @throws Refusal with the reason where it may not. */
export function checkSealable(item: Invitation | undefined): void {
  if (!item || item.state === 'recused') throw new Refusal('invitation-gone', 0)
  if (item.days_left < 0) throw new Refusal('cast-late', 0)
  if (work.box && work.box.state !== 'open') throw new Refusal('box-closed', 0)
  if (work.notAdopted.length > 0) throw new Refusal('manifest-not-adopted', 0)
  if (item.slip.rubric !== work.box?.manifest.body.rubric) throw new Refusal('document-mismatch', 0)
}

const keysOf = (manifest: ManifestBody): SealingKeys => {
  const of = (kind: 'mix' | 'opening') => {
    const { bench, bar } = publicsOf(manifest, kind)
    return { bench: fromB64(bench), bar: fromB64(bar) }
  }
  return { mix: of('mix'), opening: of('opening') }
}

/** Seals the answers and queues them; the draft is gone afterwards. Returns the record that waits for delivery. */
export async function sealBallot(item: Invitation, answers: Answers): Promise<CastRecord> {
  checkSealable(item)
  const old = castOf(item.id)
  const seq = nextNumber(old)
  if (!numberLeft(old)) throw new Refusal('numbers-spent', 0)
  const account = accountId()
  const { invitations } = work
  const manifest = work.box?.manifest.body
  const box = splitBox(manifest?.box ?? '')
  const seed = box && readSeed(account, box.period)
  const tokens = tokensOf(item)
  if (!box || !manifest || !invitations || !seed || !tokens) throw new Refusal('tokens-missing', 0)
  const { ratee, court, stratum, rubric } = item.slip
  const { home, role } = invitations
  const { l0 } = await seal(
    {
      ...{ v: 2, ratee, court, stratum, rubric, home, role, answers },
      ...{ slip: b64(tokens.slip), nym: b64(tokens.nym), seq },
    },
    box,
    keysOf(manifest),
  )
  const stamp = stampKey(seed.bytes, item.id)
  const standing =
    old?.state === 'stored' ? { seq: old.seq, leaf: old.leaf, receipt: old.receipt } : old?.before
  const record: CastRecord = {
    ...{ invitation: item.id, box: manifest.box, cast_until: item.cast_until, seq },
    leaf: leafHash(stamp.public, l0),
    counted: countedHash(nonceOf(seed.bytes, 'slip', item.id)),
    ...{ state: 'queued', case_number: item.case_number, whom: whom(item) },
    ...{ relay: manifest.relay, agents: publicsOf(manifest, 'agent') },
    cast: {
      ...{ box: manifest.box, stamp: b64(tokens.stamp), seq, envelope: b64(l0) },
      signature: b64(signCast(stamp.secret, box, seq, l0)),
    },
    ...{ receipt: null, before: standing ?? null },
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
  const recovered = readSeed(account, periodId())?.recovered
  for (;;) {
    const record = await sealBallot(item, answers)
    await deliver(account, record)
    if (record.refused !== 'used' || !recovered || !numberLeft(record)) return record
  }
}

/** Sends one queued ballot once; its record says afterwards how it stands. */
export async function deliver(account: string, record: CastRecord): Promise<void> {
  if (!record.cast) return
  const sent = record.seq
  try {
    const receipt = await postCast(record.relay.origin, record.cast)
    if (verifyReceipt(record.relay.receipt, receipt, record)) {
      const { signature } = receipt
      Object.assign(record, { state: 'stored', cast: null, receipt: signature, before: null })
      delete record.receipt_wrong
    } else record.receipt_wrong = true
  } catch (error) {
    const final = error instanceof Refusal && (error.status === 409 || error.status === 422)
    if (!final) return
    const reason = because(account, record)
    record.refused = reason === 'used' && sent >= MOST_SEQUENCES ? 'spent' : reason
    Object.assign(record, refusedRecord(record))
  }
  // A newer ballot for the same case may have been sealed while this one was on its way.
  const current = readCasts(account).find((other) => other.invitation === record.invitation)
  if (current && current.seq > sent) return
  writeCast(account, record)
  refreshCasts()
}

/**
 * The relay has one answer for everything; the day and what this page has loaded already tell the cases apart, as far
 * as they can. Nothing is asked for it: a request with the session's cookie right after a cast would say whose it was.
 */
function because(account: string, record: CastRecord): RefusedBecause {
  const box = work.box?.id === record.box ? work.box : null
  if (session.today > (box?.cast_until ?? record.cast_until)) return 'late'
  if (box && box.state !== 'open') return 'closed'
  // The list is that of whoever is signed in; the queue may hold another account's ballots.
  if (!work.invitations || account !== accountId()) return 'used'
  const item = work.invitations.items.find((each) => each.id === record.invitation)
  return !item || item.state === 'recused' ? 'gone' : 'used'
}

/** After a refusal the earlier ballot of the same case still stands, where there is one. */
function refusedRecord({ before, seq }: CastRecord): Partial<CastRecord> {
  if (!before) return { state: 'refused', cast: null }
  return { ...before, state: 'stored', cast: null, before: null, change_refused: true, tried: seq }
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

/** What a page loads at first is over by then, so that no request with a cookie follows a cast. */
const SETTLED_MS = 5_000
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 60_000

/** Keeps trying while the page is open: once it has settled, at once when the network returns, ever more rarely otherwise. */
export function keepDelivering(): void {
  let wait = FIRST_WAIT_MS
  let timer = 0
  const attempt = async () => {
    clearTimeout(timer)
    // A device that is full keeps what it has; the next attempt finds it again.
    const done = await deliverQueue().catch(() => false)
    wait = done ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS)
    timer = window.setTimeout(attempt, done ? LONGEST_WAIT_MS : wait)
  }
  window.addEventListener('online', () => void attempt())
  timer = window.setTimeout(attempt, SETTLED_MS)
}
