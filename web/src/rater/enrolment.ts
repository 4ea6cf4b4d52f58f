/**
 * Makes this device known to the rater's own association: a seed of its own, and the request key that follows from it,
 * under a MAC of the code the association handed out. The platform passes it on and sees neither code nor seed.
 */
import { Refusal, post } from '@shared/api'
import { b64, systemEntropy } from '@shared/crypto/bytes'
import { requestKey } from '@shared/crypto/derive'
import { codeKey, enrolMac, normalisedCode } from '@shared/crypto/enrol'
import { isStatement } from '@shared/crypto/statement'
import { publicsOf } from '@shared/manifest'
import { session } from '@shared/session'
import type { Enrolment, EnrolmentPost, Invitations, Signed } from '@shared/types'
import {
  type Seed,
  readEnrolment,
  readSeed,
  wipeEnrolment,
  wipeTokens,
  writeEnrolment,
  writeSeed,
} from './device'
import { accountId, ownSide, periodId, work } from './work'

const memberNumber = (): string => session.account?.number ?? ''

const publicKey = (seed: Seed, box: string): string => b64(requestKey(seed.bytes, box).public)

/**
 * The seed of this device for the period, made where there is none and none is enrolled elsewhere. Undefined, with
 * `needsCode` set, where another device holds the rater's seed; undefined as well where nothing waits.
 */
export function seedFor(invitations: Invitations): Seed | undefined {
  const period = invitations.period?.id
  if (!period) return undefined
  const { state, certificate } = invitations.enrolment
  const stored = readSeed(accountId(), period)
  const fits = stored && (!certificate || certifies(certificate, stored, invitations.box))
  work.needsCode = stored ? !fits : state === 'waiting' || state === 'enrolled'
  if (work.needsCode) return undefined
  if (stored) return stored
  if (!invitations.items.some((item) => item.state !== 'recused')) return undefined
  const seed = { bytes: systemEntropy(32), recovered: false, shown: false }
  writeSeed(accountId(), period, seed)
  return seed
}

/**
 * Whether a certificate is for the request key of this seed.
 * @throws Refusal when the own side's agent never signed it, or signed it for somebody else.
 */
function certifies(certificate: Signed, seed: Seed, box: string): boolean {
  const side = ownSide()
  const manifest = work.box?.manifest.body
  if (!manifest) return false
  const { rater, request_key } = certificate.statement
  const expected = { kind: 'enrolled', box, side }
  if (
    !isStatement(certificate, expected, publicsOf(manifest, 'agent')[side]) ||
    rater !== memberNumber()
  )
    throw new Refusal('document-mismatch', 0)
  return request_key === publicKey(seed, box)
}

/** Takes over how the association answered. A key counts as enrolled only with a certificate that names it. */
export function takeEnrolment(invitations: Invitations, answer: Enrolment): void {
  invitations.enrolment = answer
  const { state, certificate } = answer
  work.enrolment = state === 'enrolled' && !certificate ? 'waiting' : state
}

/** Sends the request key under the code. @throws Refusal with the code's own words when it is not accepted. */
export async function enrol(entered: string): Promise<void> {
  const invitations = work.invitations
  const period = periodId()
  if (!invitations || !period) return
  const code = normalisedCode(entered)
  if (!code) throw new Refusal('enrol-code-mistyped', 0)
  const seed = seedFor(invitations)
  if (!seed) throw new Refusal('issued-elsewhere', 0)
  const request_key = publicKey(seed, invitations.box)
  const mac = b64(enrolMac(codeKey(code), invitations.box, memberNumber(), request_key))
  writeEnrolment(accountId(), period, { request_key, mac })
  const account = accountId()
  await send(period, { box: invitations.box, request_key, mac }, () => accountId() === account)
}

/**
 * Asks again how an enrolment stands that this device has sent; false when it has sent none. An answer that comes when
 * it is not `wanted` any more is passed over.
 */
export async function askEnrolment(wanted: () => boolean): Promise<boolean> {
  const invitations = work.invitations
  const period = periodId()
  const sent = period ? readEnrolment(accountId(), period) : undefined
  if (!invitations || !period || !sent) return false
  await send(period, { box: invitations.box, ...sent }, wanted)
  return true
}

async function send(period: string, body: EnrolmentPost, wanted: () => boolean): Promise<void> {
  const answer = await post<Enrolment>('/enrolments', body)
  const invitations = work.invitations
  if (!invitations || !wanted()) return
  takeEnrolment(invitations, answer)
  if (work.enrolment === 'waiting') return
  wipeEnrolment(accountId(), period)
  if (work.enrolment === 'enrolled') seedFor(invitations)
  if (answer.code === 'enrolled-elsewhere') work.needsCode = true
  if (answer.state === 'refused') throw new Refusal(answer.code ?? 'enrolment-refused', 0)
}

/** Takes an entered seed if it is the one the association knows; false when it is another rater's or period's. */
export function adoptSeed(bytes: Uint8Array): boolean {
  const invitations = work.invitations
  const period = periodId()
  if (!invitations || !period) return false
  const seed = { bytes, recovered: true, shown: true }
  const { certificate } = invitations.enrolment
  if (certificate && !certifies(certificate, seed, invitations.box)) return false
  writeSeed(accountId(), period, seed)
  wipeTokens(accountId(), period)
  work.needsCode = false
  return true
}
