/**
 * Shapes the pages read from the server. Written by hand from the HTTP table until the server publishes its
 * OpenAPI document; to be replaced by aliases of the generated `api-schema.ts`.
 */
import type { Direction, Side } from './crypto/derive'

export type { Direction, Side }

/** Words in both languages, as documents and messages carry them. */
export interface Words {
  zh: string
  en: string
}

export type Role =
  | 'rater'
  | 'negotiator'
  | 'key_holder'
  | 'coordinator'
  | 'operator'
  | 'researcher'
  | 'auditor'
  | 'machine'

export interface Account {
  id: string
  login: string
  name: string
  side?: Side | null
  roles: Role[]
}

export interface Session {
  account: Account | null
  demo: boolean
  /** Day, YYYY-MM-DD. */
  today: string
  pilot: boolean
}

export type BoxState = 'open' | 'closed' | 'opened' | 'destroyed'

export interface PeriodBox {
  id: string
  direction: Direction
  rubric: string
  state: BoxState
  manifest?: string | null
}

export interface Period {
  id: string
  title: Words
  kind: 'pilot' | 'regular'
  starts_on: string
  ends_on: string
  cast_until: string
  state: string
  charter: string
  boxes: PeriodBox[]
}

export interface Signature {
  side: Side
  key: string
  signature: string
  signed_on: string
}

export type DocumentKind = 'rubric' | 'charter' | 'manifest' | 'release'

export interface DocumentHead {
  hash: string
  kind: DocumentKind
  title?: Words
  in_force_from?: string | null
  signatures: Signature[]
}

export interface SignedDocument<Body> extends DocumentHead {
  body: Body
}

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

export interface Rubric {
  id: string
  version: number | string
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

export interface Charter {
  id: string
  version: number | string
  title: Words
  preamble: Words
  audience?: Record<string, Words>
  pilot?: { words: Words }
  rules: CharterRule[]
}

export interface SlipGrant {
  info: string
  ratee: string
  court: string
  stratum: string
  rubric: string
}

export interface Invitation {
  id: string
  state: 'waiting' | 'issued' | 'recused'
  case_number: string
  court: { code: string; name: string; short: string }
  cause: string
  case_type: string
  effective_on: string
  days_left: number
  cast_until: string
  ratee: { name: string; function: string }
  organisation?: string | null
  slip: SlipGrant
  not_applicable: string[]
}

export interface Invitations {
  period: { id: string; title: Words; kind: 'pilot' | 'regular'; cast_until: string } | null
  box: string
  direction: Direction
  home: string
  role: string
  nym_info: string
  items: Invitation[]
}

export interface TokenRequest {
  box: string
  nym_hash: string
  tokens: { invitation: string; stamp_hash: string; slip_hash: string }[]
}

export type RecusalReason = 'not-present' | 'relative' | 'other'

export interface BoxCounts {
  invited?: number
  issued?: number
  sealed?: number
  refused?: number
  invalid?: number
  duplicate?: number
  valid?: number
}

export interface Manifest {
  hash: string
  body: {
    suite: string
    box: string
    period: string
    direction: Direction
    kind: string
    rubric: string
    charter: string
    cast_until: string
    opening: Record<Side, string>
    signing: Record<Side, string>
  }
  signatures: Signature[]
}

export interface BoxDetail {
  id: string
  period: string
  direction: Direction
  state: BoxState
  manifest: Manifest
  counts?: BoxCounts | null
}

/** What `POST /box` takes; every field but the numbers inside has a fixed length within one box. */
export interface CastPost {
  box: string
  stamp: string
  seq: number
  envelope: string
  signature: string
}

export interface CastStored {
  leaf: string
  box: string
  status: string
}

export interface BoxLog {
  size: number
  root: string
  leaves: string[]
  batches: number
  waiting?: number
}

export interface CountedList {
  counts: BoxCounts
  counted: string[]
}

export type Audience = 'self' | 'sides' | 'public'
export type Verdict = 'publish' | 'publish_flagged' | 'withhold'

/** One number that might leave, with the gate's opinion. Withheld cells carry no value at all. */
export interface Cell {
  id: string
  scope: 'system' | 'court' | 'person' | 'home_court'
  subject: string
  measure: string
  audience: Audience
  verdict: Verdict
  flags: string[]
  rules: string[]
  reason?: { code: string; numbers?: Record<string, number | string> } | null
  n_band?: string | null
  value?: number | null
  step?: number | null
  interval?: [number, number] | null
  raw?: number | null
  reliability_band?: string | null
  tier?: 'above' | 'similar' | 'below' | 'not_distinguishable' | null
  moved?: { severity: number; outcome: number } | null
}

export interface ReleaseHead {
  hash: string
  box: string
  period: string
  direction: Direction
  kind: 'pilot' | 'regular'
  state: 'draft' | 'released'
  released_on?: string | null
  flags?: string[]
  signatures: Signature[]
}

export interface Release extends ReleaseHead {
  rubric: string
  charter: string
  counts: BoxCounts
  figures?: string[]
  cells: Cell[]
}

export interface ResultItem {
  item: string
  title?: Words
  value: number | null
  interval?: [number, number] | null
  withheld?: string | null
}

export interface OwnResult {
  release: string
  period: { id: string; title: Words; kind: 'pilot' | 'regular' }
  direction: Direction
  rubric?: string
  flags: string[]
  cell: Cell | null
  withheld: string | null
  items: ResultItem[]
  group: { lo: number; hi: number } | null
  moved: { severity: number; outcome: number } | null
  audience_words?: Words | string | null
}

export interface RowProblem {
  line: number
  column: string
  code: string
  value?: string | null
  message?: Words
}

export interface ImportSummary {
  id: string
  dry_run: boolean
  imported_on?: string
  file_name?: string
  rows: number
  cases_new: number
  cases_same: number
  cases_changed: number
  people_new: number
  unmatched: number
  problems: RowProblem[]
  problem_count: number
}

export interface Unmatched {
  name: string
  organisation?: string | null
  function?: string | null
  cases: number
  candidates?: number
}
