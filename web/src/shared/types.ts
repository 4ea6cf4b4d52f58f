/**
 * What the pages read from the server: the shapes generated from its OpenAPI document (`npm run types`), with the
 * closed words spelled out where the document says text.
 */
import type { components } from './api-schema'
import type { Direction, Side } from './crypto/derive'
import type { Receipt } from './crypto/receipt'
import type { TokenRequest } from './crypto/request'
import type { Signed } from './crypto/statement'

export type { Direction, Receipt, Side, Signed, TokenRequest }

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

/** Where a box itself stands. */
export type BoxState = 'open' | 'closed' | 'opened' | 'destroyed'
/** The same, with what the opening adds: the list is agreed, the keys are gone. */
export type OpeningState = BoxState | 'mixed' | 'dead'
export type PeriodBox = Narrow<Schemas['PeriodBoxBody'], { direction: Direction; state: BoxState }>
export type Period = Narrow<
  Schemas['PeriodBody'],
  { kind: Kind; state: 'planned' | 'running' | 'over'; boxes: PeriodBox[] }
>

export type Signature = Narrow<Schemas['SignatureBody'], { side: Side }>
export type DocumentKind =
  | 'rubric'
  | 'charter'
  | 'manifest'
  | 'extension'
  | 'correction'
  | 'withdrawal'
  | 'conclusion'
  | 'release'
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
  purpose?: { appraisal: boolean }
  rules: CharterRule[]
}

/** A criterion of a pilot, as its scorecard and its conclusion have it. */
export interface Finding {
  direction: Direction
  criterion: string
  reached: 'met' | 'failed' | 'unknown'
}
/** Body of a conclusion document. */
export interface Conclusion {
  period: string
  releases: Partial<Record<Direction, string>>
  findings: Finding[]
  exception?: Words
}
export type ScorecardLine = Narrow<Schemas['CriterionBody'], Finding>
export type ScorecardBox = Schemas['PlannedBody']
export type Scorecard = Narrow<
  Schemas['ScorecardBody'],
  {
    lines?: ScorecardLine[] | null
    boxes: Partial<Record<Direction, ScorecardBox>>
    conclusions: Narrow<Schemas['ConclusionBody'], { signatures: Signature[] }>[]
  }
>

export type FairnessLine = Narrow<
  Schemas['LineBody'],
  { standing: 'within' | 'over' | 'withheld' | 'no-earlier' | 'other-form'; cell?: Cell | null }
>
export type Note = Narrow<Schemas['NoteBody'], { side: Side }>
export type Noted = Narrow<Schemas['NotedBody'], { notes: Note[] }>
export type Fairness = Narrow<
  Schemas['FairnessBody'],
  { state: 'draft' | 'released'; lines?: FairnessLine[] | null; notes: Note[] }
>

export type Invitation = Narrow<
  Schemas['InvitationBody'],
  { state: 'waiting' | 'issued' | 'recused' }
>
export type Invitations = Narrow<
  Schemas['InvitationsBody'],
  { items: Invitation[]; enrolment: Enrolment }
>
export type RecusalReason = 'not-present' | 'relative' | 'other'

export type BoxCounts = Schemas['CountsBody']

/** Public keys of one side, base64url: Ed25519 (32 bytes), ristretto255 (32), X-Wing (1,216). */
export interface SideKeys {
  signing: string
  agent: string
  issuer: string
  mix: string
  opening: string
}

/** Body of a manifest document, version 2. */
export interface ManifestBody {
  v: 2
  suite: string
  box: string
  period: string
  direction: Direction
  kind: Kind
  rubric: string
  charter: string
  cast_until: string
  bench: SideKeys
  bar: SideKeys
  platform: string
  relay: { origin: string; receipt: string }
  front_end: string
  /** Present and true where every ballot is invented. */
  rehearsal?: boolean
}

export type Manifest = Narrow<
  Schemas['ManifestBody'],
  { body: ManifestBody; signatures: Signature[] }
>

/** Body of an extension document. */
export interface ExtensionBody {
  v: number
  box: string
  manifest: string
  was_until: string
  cast_until: string
  reason: Words
}

export type Extension = Narrow<
  Schemas['ExtensionBody'],
  { body: ExtensionBody; signatures: Signature[] }
>
export type BoxDetail = Narrow<
  Schemas['BoxBody'],
  {
    direction: Direction
    state: BoxState
    manifest: Manifest
    extensions: Extension[]
    statements: Signed[]
  }
>

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

export type ObjectionReason =
  'not-handled' | 'wrong-person' | 'conflict-of-interest' | 'arranged-ratings' | 'undue-influence'
export type Correction = Narrow<
  Schemas['CorrectionBody'],
  { reason: ObjectionReason; signatures: Signature[] }
>
export type WithdrawalReason = 'wrong-data' | 'wrong-analysis' | 'wrong-procedure' | 'both-decided'
/** What took a release back. */
export type Withdrawn = Narrow<Schemas['WithdrawnBody'], { reason: WithdrawalReason }>
export type Withdrawal = Narrow<
  Schemas['WithdrawalBody'],
  { reason: WithdrawalReason; signatures: Signature[] }
>
/** Body of a correction or a withdrawal document, as far as the pages read it. */
export interface PaperBody {
  release: string
  reason: string
  words?: Words
}
export type Change = Narrow<
  Schemas['ChangeBody'],
  { kind: 'released' | 'corrected' | 'withdrawn'; direction: Direction }
>
export type ChangeDay = Narrow<Schemas['ChangeDay'], { changes: Change[] }>
export type ReleaseHead = Narrow<
  Schemas['ReleaseHead'],
  {
    direction: Direction
    kind: Kind
    state: 'draft' | 'released' | 'withdrawn'
    signatures: Signature[]
    withdrawn?: Withdrawn | null
  }
>
export type Release = ReleaseHead &
  Narrow<
    Omit<Schemas['ReleaseBody'], keyof ReleaseHead>,
    {
      cells: Cell[]
      counts: OpeningCounts
      corrections: Correction[]
      withdrawals: Withdrawal[]
      noted?: Noted | null
      formats: ('json' | 'csv' | 'xlsx' | 'parquet')[]
    }
  >

/** What an officer reads a person's result for. */
export type Purpose = 'improvement' | 'training' | 'joint-meeting' | 'appraisal'
export type Reading = Narrow<Schemas['ReadingBody'], { side: Side; role: Role; purpose: Purpose }>
export type PersonRead = Narrow<Schemas['PersonBody'], { cells: Cell[]; reading: Reading }>

export type Opinion = 'upheld' | 'rejected'
export type Decision = Narrow<Schemas['DecisionBody'], { side: Side; opinion: Opinion }>
export type Objection = Narrow<
  Schemas['ObjectionBody'],
  {
    reason: ObjectionReason
    decisions: Decision[]
    outcome?: Opinion | 'lapsed' | null
    overdue: Side[]
  }
>
export type Filed = Narrow<Schemas['FiledBody'], { objection: Objection }>
/** How a release stands towards its ratees; officers alone are told. */
export type Hearing = Schemas['HearingBody']

export type ResultItem = Narrow<Schemas['ItemResultBody'], { interval?: [number, number] | null }>
export type OwnResult = Narrow<
  Schemas['OwnResultBody'],
  {
    direction: Direction
    cell?: Cell | null
    items: ResultItem[]
    state: 'draft' | 'released'
    objection?: Objection | null
    readings: Reading[]
    withdrawn?: Withdrawn | null
  }
>

/** A window in which the ratee who asks can answer. */
export type OpenWindow = Schemas['OpenWindowBody']
/** A draft for which the own side has something to do. */
export type Outstanding = Narrow<Schemas['OutstandingBody'], { direction: Direction }>

export type DataUse = Schemas['DataUseBody']
export type CatalogueEntry = Narrow<Schemas['EntryBody'], { direction: Direction; kind: Kind }>
export type Catalogue = Narrow<Schemas['CatalogueBody'], { entries: CatalogueEntry[] }>
export type NoisedCounts = Schemas['NoisedBody']
export type PrivacyBudget = Narrow<Schemas['BudgetBody'], { direction: Direction }>
export type ResearchNotice = Schemas['NoticeBody']

export type RowProblem = Schemas['RowProblemBody']
export type ImportSummary = Schemas['ImportBody']
export type Unmatched = Schemas['UnmatchedBody']

/** Whether this rater's request key is known to the own association. */
export type Enrolment = Narrow<
  Schemas['EnrolmentBody'],
  {
    state: 'needed' | 'waiting' | 'enrolled' | 'refused'
    code?: string | null
    certificate?: Signed | null
  }
>
export type EnrolmentPost = Schemas['EnrolmentRequest']
export type TokenRequestPost = Narrow<Schemas['TokenRequestBody'], { request: TokenRequest }>
/** Null: that side's agent has not answered yet. */
export type TokenAnswers = Record<Side, Signed | null>

/** What `POST {relay}/box` takes; every field but the numbers inside has a fixed length within one box. */
export interface CastPost {
  box: string
  /** base64url, 160 bytes. */
  stamp: string
  seq: number
  /** base64url, 6,748 bytes. */
  envelope: string
  signature: string
}

export type BoxLog = Narrow<
  Schemas['LogBody'],
  { refused: { leaf: string; side: Side }[]; checkpoint?: string | null }
>

export type StageName =
  'close' | 'mix-bench' | 'mix-bar' | 'list' | 'shares' | 'analysis' | 'draft' | 'death'

export type Stage = Narrow<
  Schemas['StageBody'],
  {
    stage: StageName
    side?: Side | null
    state: 'done' | 'running' | 'waiting' | 'not-yet' | 'failed'
  }
>

export type LockState = 'shut' | 'handed-over' | 'unreachable'

export type Opening = Narrow<
  Schemas['OpeningBody'],
  {
    state: OpeningState
    stages: Stage[]
    locks: Record<Side, LockState>
    waiting: Narrow<Schemas['MissingBody'], { side: Side }>[]
  }
>
