/**
 * What the pages read from the server: the shapes generated from its OpenAPI document (`npm run types`), with the
 * closed words spelled out where the document says text.
 */
import type { components } from './api-schema'
import type { Direction, Side } from './crypto/derive'

export type { Direction, Side }

type Schemas = components['schemas']
/** A generated shape with some of its fields narrowed; fields it does not have are refused. */
type Narrow<
  Shape,
  Words extends { [key in keyof Words]: key extends keyof Shape ? unknown : never },
> = Omit<Shape, keyof Words> & Words

/** Words in both languages, as documents and messages carry them. */
export type Words = Schemas['TextBody']
export type Kind = 'pilot' | 'regular'

export type Role =
  | 'rater'
  | 'negotiator'
  | 'key_holder'
  | 'coordinator'
  | 'operator'
  | 'researcher'
  | 'auditor'
  | 'machine'

export type Account = Narrow<Schemas['AccountBody'], { roles: Role[]; side?: Side | null }>
export type Session = Narrow<Schemas['SessionBody'], { account?: Account | null }>

export type BoxState = 'open' | 'closed' | 'opened' | 'destroyed'
export type PeriodBox = Narrow<Schemas['PeriodBoxBody'], { direction: Direction; state: BoxState }>
export type Period = Narrow<
  Schemas['PeriodBody'],
  { kind: Kind; state: 'planned' | 'running' | 'over'; boxes: PeriodBox[] }
>

export type Signature = Narrow<Schemas['SignatureBody'], { side: Side }>
export type DocumentKind = 'rubric' | 'charter' | 'manifest' | 'release'
export type DocumentHead = Narrow<
  Schemas['DocumentHead'],
  { kind: DocumentKind; signatures: Signature[] }
>
export type SignedDocument<Body> = DocumentHead & { body: Body }

export interface RubricItem {
  id: string
  title: Words
  text: Words
  article?: number
  addressee?: 'handling' | 'presiding' | 'team'
  hearing?: boolean
  not_for?: string[]
  weight?: number
}

/** Body of a rubric document. */
export interface Rubric {
  id: string
  version: number
  direction: Direction
  title: Words
  preamble: Words
  scale: { level: 1 | 2 | 3 | 4 | 5; label: Words }[]
  not_observed: Words
  items: RubricItem[]
}

export interface CharterRule {
  id: string
  title: Words
  text: Words
  source?: string
}

/** Body of a charter document, as far as the pages read it. */
export interface Charter {
  id: string
  version: number
  title: Words
  preamble: Words
  audience?: Record<string, Words>
  pilot?: { words: Words }
  rules: CharterRule[]
}

export type Invitation = Narrow<
  Schemas['InvitationBody'],
  { state: 'waiting' | 'issued' | 'recused' }
>
export type Invitations = Narrow<Schemas['InvitationsBody'], { items: Invitation[] }>
export type TokenRequest = Schemas['TokensBody']
export type RecusalReason = 'not-present' | 'relative' | 'other'

export type BoxCounts = Schemas['CountsBody']

/** Body of a manifest document. */
export interface ManifestBody {
  suite: string
  box: string
  period: string
  direction: Direction
  kind: Kind
  rubric: string
  charter: string
  cast_until: string
  /** X-Wing and Ed25519 public keys, base64url. */
  opening: Record<Side, string>
  signing: Record<Side, string>
}

export type Manifest = Narrow<
  Schemas['ManifestBody'],
  { body: ManifestBody; signatures: Signature[] }
>
export type BoxDetail = Narrow<
  Schemas['BoxBody'],
  { direction: Direction; state: BoxState; manifest: Manifest }
>

/** What `POST /box` takes; every field but the numbers inside has a fixed length within one box. */
export type CastPost = Schemas['CastBody']
export type CastStored = Schemas['StoredBody']
export type BoxLog = Schemas['LogBody']
/** Counts of an opening: `in` is the sum of the others. */
export type OpeningCounts = Record<'in' | 'refused' | 'invalid' | 'duplicate' | 'valid', number>
export type CountedList = Narrow<Schemas['CountedBody'], { counts?: OpeningCounts | null }>

export type Audience = 'self' | 'sides' | 'public'
export type Verdict = 'publish' | 'publish_flagged' | 'withhold'
export type Reason = Narrow<Schemas['ReasonBody'], { numbers: Record<string, number | string> }>

/** One number that might leave, with the gate's opinion. Withheld cells carry no value at all. */
export type Cell = Narrow<
  Schemas['CellBody'],
  {
    scope: 'system' | 'court' | 'person' | 'home_court'
    audience: Audience
    verdict: Verdict
    interval?: [number, number] | null
    reason?: Reason | null
  }
>

export type ReleaseHead = Narrow<
  Schemas['ReleaseHead'],
  { direction: Direction; kind: Kind; state: 'draft' | 'released'; signatures: Signature[] }
>
export type Release = ReleaseHead &
  Narrow<Omit<Schemas['ReleaseBody'], keyof ReleaseHead>, { cells: Cell[]; counts: OpeningCounts }>

export type ResultItem = Narrow<Schemas['ItemResultBody'], { interval?: [number, number] | null }>
export type OwnResult = Narrow<
  Schemas['OwnResultBody'],
  { direction: Direction; cell?: Cell | null; items: ResultItem[] }
>

export type RowProblem = Schemas['RowProblemBody']
export type ImportSummary = Schemas['ImportBody']
export type Unmatched = Schemas['UnmatchedBody']
