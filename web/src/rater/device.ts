/**
 * What stays on the rater's device and nowhere else: the seed of a period, tokens, drafts, sealed ballots that still
 * wait to be delivered, and receipts. A draft is wiped when its ballot is sealed; answers are never kept beside a
 * receipt. Tokens are a cache: seed and agents give them again.
 */
import { Refusal } from '@shared/api'
import { b64, fromB64 } from '@shared/crypto/bytes'
import type { Answers } from '@shared/crypto/seal'
import type { CastPost, Side } from '@shared/types'

const PREFIX = 'hengping'
const key = (...parts: string[]) => [PREFIX, ...parts].join('.')

function read<T>(name: string): T | undefined {
  try {
    const text = localStorage.getItem(name)
    return text === null ? undefined : (JSON.parse(text) as T)
  } catch {
    return undefined
  }
}

/** @throws Refusal when there is no room or the browser forbids storage: nothing can be kept safe, so nothing is sealed. */
function write(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch {
    throw new Refusal('device-full', 0)
  }
}

function drop(name: string): void {
  try {
    localStorage.removeItem(name)
  } catch {
    // Nothing was stored there either.
  }
}

export interface Seed {
  bytes: Uint8Array
  /** Entered from a code: other ballots may have been sealed elsewhere, so sequence numbers are unknown here. */
  recovered: boolean
  /** The rater has seen the recovery code. */
  shown: boolean
}

interface StoredSeed {
  seed: string
  recovered: boolean
  shown: boolean
}

export function readSeed(account: string, period: string): Seed | undefined {
  const stored = read<StoredSeed>(key('seed', account, period))
  if (!stored) return undefined
  return { bytes: fromB64(stored.seed), recovered: stored.recovered, shown: stored.shown }
}

export function writeSeed(account: string, period: string, seed: Seed): void {
  const { bytes, recovered, shown } = seed
  write(key('seed', account, period), { seed: b64(bytes), recovered, shown })
}

/** What was sent to enrol this device's request key; sent again to hear whether it is known by now. */
export interface SentEnrolment {
  request_key: string
  mac: string
}

export const readEnrolment = (account: string, period: string): SentEnrolment | undefined =>
  read<SentEnrolment>(key('enrolment', account, period))

export const writeEnrolment = (account: string, period: string, sent: SentEnrolment): void =>
  write(key('enrolment', account, period), sent)

export const wipeEnrolment = (account: string, period: string): void =>
  drop(key('enrolment', account, period))

/** Tags that this device has checked and unblinded, base64url; one side may be missing still. */
export type StoredTags = Partial<Record<Side, string>>

export interface StoredTokens {
  nym: StoredTags
  /** By invitation. */
  of: Record<string, { stamp: StoredTags; slip: StoredTags }>
}

export const readTokens = (account: string, period: string): StoredTokens =>
  read<StoredTokens>(key('tokens', account, period)) ?? { nym: {}, of: {} }

export const writeTokens = (account: string, period: string, tokens: StoredTokens): void =>
  write(key('tokens', account, period), tokens)

/** Another seed has other tokens. */
export const wipeTokens = (account: string, period: string): void =>
  drop(key('tokens', account, period))

export interface Draft {
  answers: Answers
}

export const readDraft = (account: string, invitation: string): Draft | undefined =>
  read<Draft>(key('draft', account, invitation))

export const writeDraft = (account: string, invitation: string, draft: Draft): void =>
  write(key('draft', account, invitation), draft)

export const wipeDraft = (account: string, invitation: string): void =>
  drop(key('draft', account, invitation))

export type CastState = 'queued' | 'stored' | 'refused'

/** Why the relay did not take a ballot, as far as this device can tell. */
export type RefusedBecause = 'late' | 'closed' | 'gone' | 'used' | 'spent'

/** The receipt of one ballot. Holds no answer and nothing from which one could be computed. */
export interface CastRecord {
  invitation: string
  box: string
  cast_until: string
  seq: number
  leaf: string
  /** Hash under which the slip stands in the counted list after the opening. */
  counted: string
  state: CastState
  case_number: string
  whom: string
  /** Origin and receipt key of the relay, and the agents' keys, as the manifest named them when this was sealed. */
  relay: { origin: string; receipt: string }
  agents: Record<Side, string>
  /** The sealed ballot, kept only until the relay has acknowledged it. */
  cast: CastPost | null
  /** The relay's signature over box, leaf and number, once it has given one that holds. */
  receipt: string | null
  /** The relay answered with a receipt that does not hold; the ballot is sent again. */
  receipt_wrong?: boolean
  refused?: RefusedBecause
  /** The ballot that stands while a change is on its way, and again if the change is refused. */
  before: StandingCast | null
  /** A later change was refused; this record is of the ballot that still stands. */
  change_refused?: boolean
  /** The number of the change that was refused: the next one is above it. */
  tried?: number
}

export type StandingCast = Pick<CastRecord, 'seq' | 'leaf' | 'receipt'>

const castsKey = (account: string) => key('casts', account)

export const readCasts = (account: string): CastRecord[] =>
  read<CastRecord[]>(castsKey(account)) ?? []

/** Adds a record or replaces the one of the same invitation. */
export function writeCast(account: string, record: CastRecord): void {
  const others = readCasts(account).filter((other) => other.invitation !== record.invitation)
  write(castsKey(account), [...others, record])
}

/** Every account with receipts on this device: delivery needs no sign-in. */
export function accountsWithCasts(): string[] {
  const prefix = castsKey('')
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
  } catch {
    return []
  }
}

/** Removes drafts of one account, as at sign-out on a shared desk. Seeds, queue and receipts stay. */
export function wipeDrafts(account: string): void {
  const prefix = key('draft', account, '')
  Object.keys(localStorage)
    .filter((name) => name.startsWith(prefix))
    .forEach(drop)
}
