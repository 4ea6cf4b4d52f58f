/**
 * Fetches the tokens of every listed case at each sign-in, long before a ballot is cast, so that the time of fetching
 * says nothing about the time of casting. Both agents get the same signed request; each answer is checked against the
 * issuer key in the manifest before its tag is kept. All of it in small steps, so that the page stays usable.
 */
import { Refusal, post } from '@shared/api'
import { fromB64 } from '@shared/crypto/bytes'
import { type Kind, SIDES, type Side, nonceOf, requestKey } from '@shared/crypto/derive'
import { documentHash } from '@shared/crypto/document'
import { type TokenRequest, signRequest } from '@shared/crypto/request'
import { isStatement } from '@shared/crypto/statement'
import { type Evaluation, tokenBytes } from '@shared/crypto/token'
import { publicsOf } from '@shared/manifest'
import type { Invitation, Invitations, Signed, TokenAnswers, TokenRequestPost } from '@shared/types'
import { Blinds, type Step, stepsOf } from './blinding'
import {
  type Seed,
  type StoredTags,
  type StoredTokens,
  readSeed,
  readTokens,
  writeTokens,
} from './device'
import { askEnrolment, seedFor, takeEnrolment } from './enrolment'
import { accountId, noTokens, periodId, work } from './work'

const MOST_AT_ONCE = 500
const FIRST_WAIT_MS = 3_000
const LONGEST_WAIT_MS = 60_000

/** Every preparation ends the one before; a step that finds another number stops. */
let round = 0
const pause = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms))

/** Starts fetching behind the page. What goes wrong stands in `work.tokens.error`. */
export function prepareCredentials(): void {
  round += 1
  const mine = round
  work.tokens = noTokens()
  refreshReady()
  void prepare(mine).catch((error: unknown) => {
    if (mine !== round) return
    work.tokens.error = error
  })
}

/** Stops fetching and forgets what was fetched for the account that signed out. */
export function forgetCredentials(): void {
  round += 1
  blinds = undefined
  Object.assign(work, { tokens: noTokens(), ready: {}, enrolment: 'unknown' })
}

async function prepare(mine: number): Promise<void> {
  const { invitations } = work
  if (!invitations?.period) return
  takeEnrolment(invitations, invitations.enrolment)
  let seed = seedFor(invitations)
  let wait = FIRST_WAIT_MS
  while (seed && work.enrolment === 'waiting') {
    await pause(wait)
    if (mine !== round) return
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
    // An enrolment that another device sent is only seen when the list is loaded again.
    if (!(await patiently(() => askEnrolment(() => mine === round)))) return
    if (mine !== round) return
    seed = work.needsCode ? undefined : seed
  }
  if (!seed || work.enrolment !== 'enrolled' || work.notAdopted.length > 0) return
  const wanted = invitations.items.filter((item) => lacks(item))
  for (let from = 0; from < wanted.length; from += MOST_AT_ONCE) {
    await fetchTokens(mine, invitations, seed, wanted.slice(from, from + MOST_AT_ONCE))
    if (mine !== round) return
  }
}

/** A failure of the network is waited out; a refusal is not. */
async function patiently(step: () => Promise<boolean>): Promise<boolean> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Refusal && (error.status >= 500 || error.code === 'offline')) return true
    throw error
  }
}

const lacks = (item: Invitation): boolean =>
  item.listed && item.state !== 'recused' && item.days_left >= 0 && !work.ready[item.id]

const whole = (tags: StoredTags | undefined): tags is Record<Side, string> =>
  SIDES.every((side) => tags?.[side] !== undefined)

const stored = (): StoredTokens => readTokens(accountId(), periodId())

function refreshReady(): void {
  const { nym, of } = stored()
  const entries = Object.entries(of).filter(([, { stamp, slip }]) => whole(stamp) && whole(slip))
  work.ready = whole(nym) ? Object.fromEntries(entries.map(([id]) => [id, true as const])) : {}
}

let blinds: Blinds | undefined

function blindsFor(seed: Uint8Array): Blinds {
  const manifest = work.box!.manifest.body
  if (!blinds?.fits(seed, manifest)) blinds = new Blinds(seed, manifest)
  return blinds
}

async function fetchTokens(
  mine: number,
  invitations: Invitations,
  { bytes }: Seed,
  items: Invitation[],
): Promise<void> {
  const steps = stepsOf(invitations, items)
  const blinded = blindsFor(bytes)
  work.tokens.total += 2 * steps.length
  for (const step of steps) {
    await pause()
    if (mine !== round) return
    blinded.blind(step)
    work.tokens.done += 1
  }
  const { box } = invitations
  const request: TokenRequest = {
    ...{ v: 1, box, rater: String(invitations.enrolment.certificate?.statement.rater) },
    nym: blinded.elements('nym', box),
    tokens: items.map(({ id }) => ({
      invitation: id,
      stamp: blinded.elements('stamp', id),
      slip: blinded.elements('slip', id),
    })),
  }
  const signature = signRequest(requestKey(bytes, box), request)
  await ask(mine, { request, signature }, blinded, steps)
  if (mine === round) items.forEach((item) => (item.state = 'issued'))
}

/** Sends the same request until both sides have answered. */
async function ask(
  mine: number,
  body: TokenRequestPost,
  blinded: Blinds,
  steps: Step[],
): Promise<void> {
  const answered = new Set<Side>()
  const digest = documentHash(body.request)
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const more = await patiently(async () => {
      const answers = await post<TokenAnswers>('/token-requests', body)
      for (const side of SIDES) {
        const signed = answers[side]
        if (!signed || answered.has(side) || mine !== round) continue
        await take(
          mine,
          blinded,
          { signed, digest },
          steps.filter((each) => each.side === side),
        )
        answered.add(side)
      }
      return answered.size < SIDES.length
    })
    if (mine !== round) return
    work.tokens.missing = SIDES.filter((side) => !answered.has(side))
    if (!more) return
    await pause(wait)
    if (mine !== round) return
  }
}

interface Evaluated {
  nym?: Evaluation
  tokens?: { invitation: string; stamp: Evaluation; slip: Evaluation }[]
}

/** Checks one side's answer and keeps its tags. @throws Refusal when it refuses, or when what it says does not hold. */
async function take(
  mine: number,
  blinded: Blinds,
  { signed, digest }: { signed: Signed; digest: string },
  steps: Step[],
): Promise<void> {
  const side = steps[0]!.side
  const agent = publicsOf(work.box!.manifest.body, 'agent')[side]
  const { box } = work.invitations!
  if (isStatement(signed, { kind: 'refused', box, side }, agent)) refused(signed)
  const said = isStatement(signed, { kind: 'evaluated', box, side }, agent)
  // An answer to an earlier request is genuine too, and not an answer to this one.
  if (!said || signed.statement.request !== digest) throw new Refusal('token-answer-refused', 0)
  const { nym, tokens = [] } = signed.statement as Evaluated
  const found: { step: Step; tag: string }[] = []
  for (const step of steps) {
    await pause()
    if (mine !== round) return
    const { kind, id } = step
    const answer = kind === 'nym' ? nym : tokens.find((each) => each.invitation === id)?.[kind]
    if (answer) found.push({ step, tag: blinded.tag(step, answer) })
    work.tokens.done += 1
  }
  keep(side, found)
}

function refused({ statement }: Signed): never {
  const code = String(statement.code)
  if (code === 'issued-elsewhere') work.needsCode = true
  throw new Refusal(code, 0)
}

function keep(side: Side, found: { step: Step; tag: string }[]): void {
  const tokens = stored()
  for (const { step, tag } of found) {
    if (step.kind === 'nym') tokens.nym[side] = tag
    else {
      const entry = (tokens.of[step.id] ??= { stamp: {}, slip: {} })
      entry[step.kind][side] = tag
    }
  }
  writeTokens(accountId(), periodId(), tokens)
  refreshReady()
}

/** The three tokens of one ballot, 160 bytes each; undefined until they are whole. */
export function tokensOf(
  item: Invitation,
): { stamp: Uint8Array; slip: Uint8Array; nym: Uint8Array } | undefined {
  const invitations = work.invitations
  const seed = readSeed(accountId(), periodId())
  const { nym, of } = stored()
  const tags = of[item.id]
  if (!invitations || !seed || !tags || !whole(nym) || !whole(tags.stamp) || !whole(tags.slip))
    return undefined
  const token = (kind: Kind, id: string, { bench, bar }: Record<Side, string>) =>
    tokenBytes(nonceOf(seed.bytes, kind, id), { bench: fromB64(bench), bar: fromB64(bar) })
  return {
    stamp: token('stamp', item.id, tags.stamp),
    slip: token('slip', item.id, tags.slip),
    nym: token('nym', invitations.box, nym),
  }
}
