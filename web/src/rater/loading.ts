/** Loads the rater's list, the forms and the box, and starts fetching credentials behind them. */
import { Refusal, get } from '@shared/api'
import { documentHash } from '@shared/crypto/document'
import { lastDay } from '@shared/crypto/extension'
import { session, signOut } from '@shared/session'
import type { BoxDetail, Invitations, Rubric } from '@shared/types'
import { watch } from 'vue'
import { forgetCredentials, prepareCredentials } from './credentials'
import { wipeDrafts } from './device'
import { checkManifest, notAdopted } from './manifest'
import { accountId, refreshCasts, work } from './work'

/** Every load ends the one before, and so does signing out. */
let loads = 0

/** A list is somebody's: whoever signs in next, or is signed out by the server, does not find it. */
watch(
  () => session.account?.id,
  () => clearWork(),
  { flush: 'sync' },
)

/** Forgets everything that belongs to the account that signed out. */
export function clearWork(): void {
  loads += 1
  work.loading = false
  Object.assign(work, { invitations: null, box: null, casts: [], notAdopted: [] })
  Object.assign(work, { needsCode: false, error: null })
  forgetCredentials()
}

/** Signs out and removes the drafts. @throws Refusal when the server was not reached: then nobody is signed out. */
export async function leaveDevice(): Promise<void> {
  const account = accountId()
  await signOut()
  wipeDrafts(account)
}

/**
 * Loads the list and everything a form needs, so that filling in works without a network afterwards. Credentials are
 * fetched behind it; a form may be shown meanwhile.
 */
export async function loadWork(): Promise<void> {
  loads += 1
  const mine = loads
  work.loading = true
  work.error = null
  refreshCasts()
  try {
    const invitations = await get<Invitations>('/invitations')
    const hashes = [...new Set(invitations.items.map((item) => item.slip.rubric))]
    const box = invitations.period
      ? (await Promise.all([loadBox(invitations.box), ...hashes.map(loadRubric)]))[0]
      : null
    // A last day later than what both sides signed is the platform's word alone.
    if (box && invitations.period && invitations.period.cast_until > lastDay(box))
      throw new Refusal('document-mismatch', 0)
    if (mine !== loads) return
    if (box) Object.assign(work, { box, notAdopted: notAdopted(box) })
    work.invitations = invitations
    prepareCredentials()
  } catch (error) {
    if (mine === loads) work.error = error
  } finally {
    if (mine === loads) work.loading = false
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
