/** The rater's work of the current period: waiting cases, the forms, the box's manifest, and this device's credentials. */
import { Refusal, get, post } from '@shared/api'
import { systemEntropy } from '@shared/crypto/bytes'
import { credentialHash, derive, stampKey } from '@shared/crypto/derive'
import { documentHash, signedByBoth } from '@shared/crypto/document'
import { session } from '@shared/session'
import type { BoxDetail, Invitation, Invitations, Rubric, TokenRequest } from '@shared/types'
import { reactive } from 'vue'
import { type CastRecord, readCasts, readSeed, writeSeed } from './device'

interface Work {
  invitations: Invitations | null
  rubrics: Record<string, Rubric>
  box: BoxDetail | null
  casts: CastRecord[]
  /** This device lacks the seed under which credentials were already fetched elsewhere. */
  needsCode: boolean
  loading: boolean
  error: unknown
}

export const work = reactive<Work>({
  invitations: null,
  rubrics: {},
  box: null,
  casts: [],
  needsCode: false,
  loading: false,
  error: null,
})

export const accountId = (): string => session.account?.id ?? ''

export function refreshCasts(): void {
  work.casts = readCasts(accountId())
}

/** Forgets everything that belongs to the account that signed out. */
export function clearWork(): void {
  Object.assign(work, { invitations: null, box: null, casts: [], needsCode: false, error: null })
}

/** Settles when this device's credentials are listed; a ballot is not sent before. */
let listed: Promise<void> = Promise.resolve()

export const credentialsListed = (): Promise<void> => listed

/**
 * Loads the list and everything a form needs, so that filling in and sealing work without a network afterwards.
 * Credentials are listed behind it; a form may be shown meanwhile.
 */
export async function loadWork(): Promise<void> {
  work.loading = true
  work.error = null
  refreshCasts()
  try {
    const invitations = await get<Invitations>('/invitations')
    if (invitations.period) {
      const hashes = [...new Set(invitations.items.map((item) => item.slip.rubric))]
      const [box] = await Promise.all([loadBox(invitations.box), ...hashes.map(loadRubric)])
      work.box = box
    }
    work.invitations = invitations
    listed = fetchCredentials().catch((error: unknown) => {
      work.error = error
    })
  } catch (error) {
    work.error = error
  } finally {
    work.loading = false
  }
}

async function loadBox(id: string): Promise<BoxDetail> {
  const box = await get<BoxDetail>(`/boxes/${encodeURIComponent(id)}`)
  checkManifest(box, id)
  return box
}

async function loadRubric(hash: string): Promise<void> {
  if (work.rubrics[hash]) return
  const rubric = await get<Rubric>(`/rubrics/${hash}`)
  if (documentHash(rubric) !== hash) throw new Refusal('document-mismatch', 0)
  work.rubrics[hash] = rubric
}

/** A ballot is sealed only under a manifest of this box whose content gives its hash and that both sides have signed. */
function checkManifest(box: BoxDetail, expected: string): void {
  const { body, hash, signatures } = box.manifest
  const signed = signedByBoth(body.signing, signatures, 'manifest', hash)
  if (documentHash(body) !== hash || body.box !== expected || !signed) {
    throw new Refusal('document-mismatch', 0)
  }
}

/**
 * Lists this device's credentials for every waiting case at once, long before a ballot is cast, so that the time of
 * fetching says nothing about the time of casting.
 */
export async function fetchCredentials(): Promise<void> {
  const invitations = work.invitations
  if (!invitations?.period) return
  const period = invitations.period.id
  let seed = readSeed(accountId(), period)
  if (!seed) {
    if (invitations.items.some((item) => item.state === 'issued')) {
      work.needsCode = true
      return
    }
    if (!invitations.items.some((item) => item.state === 'waiting')) return
    seed = { bytes: systemEntropy(32), recovered: false, shown: false }
    writeSeed(accountId(), period, seed)
  }
  const waiting = invitations.items.filter((item) => item.state === 'waiting')
  if (waiting.length > 0) await listTokens(invitations, seed.bytes, waiting)
}

async function listTokens(
  invitations: Invitations,
  seed: Uint8Array,
  items: Invitation[],
): Promise<void> {
  const request: TokenRequest = {
    box: invitations.box,
    nym_hash: credentialHash('nym', derive(seed, 'nym', invitations.box)),
    tokens: items.map((item) => ({
      invitation: item.id,
      stamp_hash: credentialHash('stamp', stampKey(seed, item.id).stamp),
      slip_hash: credentialHash('slip', derive(seed, 'slip', item.id)),
    })),
  }
  try {
    await post('/tokens', request)
    items.forEach((item) => (item.state = 'issued'))
    work.needsCode = false
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'issued-elsewhere') throw error
    work.needsCode = true
  }
}

/** Takes an entered seed if the platform recognises it; false when it is another rater's or period's. */
export async function adoptSeed(bytes: Uint8Array): Promise<boolean> {
  const invitations = work.invitations
  if (!invitations?.period) return false
  const items = invitations.items.filter((item) => item.state !== 'recused')
  work.needsCode = false
  await listTokens(invitations, bytes, items)
  if (work.needsCode) return false
  writeSeed(accountId(), invitations.period.id, { bytes, recovered: true, shown: true })
  return true
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
