/** The rater's work of the current period: waiting cases, the forms, the box's manifest, and how far credentials are. */
import { session } from '@shared/session'
import type { BoxDetail, Invitation, Invitations, Rubric, Side } from '@shared/types'
import { reactive } from 'vue'
import { type CastRecord, readCasts, readSeed } from './device'

export interface TokenProgress {
  /** Steps of blinding and checking; nothing is under way where both are equal. */
  done: number
  total: number
  /** Sides that have not answered the last request yet. */
  missing: Side[]
  error: unknown
}

export const noTokens = (): TokenProgress => ({ done: 0, total: 0, missing: [], error: null })

interface Work {
  invitations: Invitations | null
  rubrics: Record<string, Rubric>
  box: BoxDetail | null
  casts: CastRecord[]
  /** Sides whose agent has not adopted the manifest; nothing is sealed before. */
  notAdopted: Side[]
  /** This device lacks the seed under which the rater was enrolled elsewhere. */
  needsCode: boolean
  /** How the own association knows this device; `unknown` before the list has come. */
  enrolment: 'unknown' | 'needed' | 'waiting' | 'enrolled' | 'refused'
  /** Invitations whose tokens are whole on this device. */
  ready: Record<string, true>
  tokens: TokenProgress
  loading: boolean
  error: unknown
}

export const work = reactive<Work>({
  invitations: null,
  rubrics: {},
  box: null,
  casts: [],
  notAdopted: [],
  needsCode: false,
  enrolment: 'unknown',
  ready: {},
  tokens: noTokens(),
  loading: false,
  error: null,
})

export const accountId = (): string => session.account?.id ?? ''

/** The side whose association a rater belongs to. */
export const ownSide = (): Side => (session.account?.side === 'bench' ? 'bench' : 'bar')

/** The period that takes ballots; empty between periods, when nothing is kept under it. */
export const periodId = (): string => work.invitations?.period?.id ?? ''

/** Whether this device holds a seed whose recovery code the rater has not seen yet. */
export function unsavedSeed(): boolean {
  const seed = readSeed(accountId(), periodId())
  return seed !== undefined && !seed.shown
}

export function refreshCasts(): void {
  work.casts = readCasts(accountId())
}

export const invitationOf = (id: string): Invitation | undefined =>
  work.invitations?.items.find((item) => item.id === id)

export const rubricOf = (item: Invitation): Rubric | undefined => work.rubrics[item.slip.rubric]

/** The items asked in this case: 不适用 is computed by the platform and left out. */
export const itemsOf = (item: Invitation) =>
  (rubricOf(item)?.items ?? []).filter((entry) => !item.not_applicable.includes(entry.id))

export const castOf = (id: string): CastRecord | undefined =>
  work.casts.find((record) => record.invitation === id)

/** Whom a card or a receipt is about, in the words of the docket. */
export function whom(item: Invitation): string {
  const place = item.organisation || item.court.short
  return `${place} · ${item.ratee.name}`
}
