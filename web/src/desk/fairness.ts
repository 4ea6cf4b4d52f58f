/** The fairness audit as the page shows it: lines by subject, their names, numbers and limits in words. */
import { SIDES } from '@shared/crypto/sides'
import { digits, named, percent, percentBand } from '@shared/format'
import { i18n } from '@shared/i18n'
import type { FairnessLine, Noted, Rubric } from '@shared/types'
import type { Shape } from '@shared/components/StateMark.vue'
import { courtName, itemName, partName } from './words'

const { t } = i18n.global

export interface Subject {
  name: string
  lines: FairnessLine[]
  /** Those over their limit. */
  over: FairnessLine[]
}

/** The lines by subject, in the order in which they came. */
export function subjects(lines: FairnessLine[]): Subject[] {
  const found: Subject[] = []
  for (const line of lines) {
    let subject = found.find((each) => each.name === line.subject)
    if (!subject) found.push((subject = { name: line.subject, lines: [], over: [] }))
    subject.lines.push(line)
    if (line.standing === 'over') subject.over.push(line)
  }
  return found
}

/** A subject of many lines shows those over the limit first; one or two are never folded. */
export const folded = (subject: Subject): boolean => subject.lines.length > 6

export const SHAPES: Record<FairnessLine['standing'], Shape> = {
  within: 'circle',
  over: 'triangle',
  withheld: 'square',
  'no-earlier': 'square',
  'other-form': 'square',
}

/** What of a subject a line is about; the subject itself where there is one line. */
export function lineName(line: FairnessLine, rubric: Rubric | undefined): string {
  if (line.subject === 'severity') return t('cell.home', { court: courtName(line.part) })
  if (line.subject === 'gap') return partName(line.part)
  if (line.subject !== 'item_bias') return t(`fairness.subject.${line.subject}`)
  const [item = '', ...part] = line.part.split(':')
  return `${itemName(item, rubric)}${t('mark.comma')}${partName(part.join(':'))}`
}

const points = (value: number, step: number | null | undefined): string =>
  value.toFixed(digits(step)).replace('-', '−')

const plus = (value: number, step: number | null | undefined): string =>
  `${value > 0 ? '+' : ''}${points(value, step)}`

/** The number of a line with its interval; nothing where it has none. */
export function lineValue(line: FairnessLine): string {
  if (line.band) return percentBand(line.band)
  if (line.value == null) return ''
  const [low, high] = line.interval ?? []
  if (low === undefined || high === undefined) return plus(line.value, line.step)
  const span = t('cell.spanWords', { low: plus(low, line.step), high: plus(high, line.step) })
  return `${plus(line.value, line.step)}${t('mark.bracket', { text: span })}`
}

const SHARES = ['retaliation', 'misfit', 'review', 'connected']

/** The limit in words: at most for points, below for shares, at least for what has to hang together. */
export function limitWords(line: FairnessLine): string {
  const share = SHARES.includes(line.subject)
  const n = share ? percent(line.limit) : line.limit.toFixed(2)
  if (line.subject === 'connected') return t('fairness.atLeast', { n })
  return t(share ? 'fairness.below' : 'fairness.atMost', { n })
}

/** Whether both sides have noted what is over a limit, as far as there is something. */
export const isNoted = (noted: Noted | null | undefined): boolean =>
  !noted ||
  noted.over.length === 0 ||
  SIDES.every((side) => noted.notes.some((note) => note.side === side))

export const subjectNames = (over: string[]): string =>
  over.map((subject) => named('fairness.subject', subject)).join(t('mark.list'))
