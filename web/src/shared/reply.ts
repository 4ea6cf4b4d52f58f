/** Texts of a reply as the server counts them: Unicode scalar values, without blanks around, on one line. */
import type { Objection, ObjectionReason, Purpose, Side } from './types'

/** Characters of an objection, and of a side's words on it. */
export const LONGEST_OBJECTION = 500

export const OBJECTION_REASONS: ObjectionReason[] = [
  'not-handled',
  'wrong-person',
  'conflict-of-interest',
  'arranged-ratings',
  'undue-influence',
]

export const PURPOSES: Purpose[] = ['improvement', 'training', 'joint-meeting', 'appraisal']

/** A text whose line breaks have become blanks, which is how it is printed. */
export const oneLine = (text: string): string =>
  text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' ').trim()

export const length = (text: string): number => [...oneLine(text)].length

/** Whether a text has something in it and not too much. */
export const fits = (text: string, most: number): boolean =>
  length(text) > 0 && length(text) <= most

/**
 * What an objection came to, as a key under which both pages have their words, and for those of one side alone which one let
 * the last day pass; nothing while a side can be waited for.
 */
export function came(objection: Objection): { key: string; side: Side; other: Side } | null {
  const { outcome, overdue } = objection
  if (!outcome) return null
  const side = overdue[0] ?? 'bench'
  const alone = overdue.length === 1 && outcome !== 'lapsed'
  const key = !alone ? outcome : outcome === 'upheld' ? 'aloneUpheld' : 'aloneRejected'
  return { key, side, other: side === 'bench' ? 'bar' : 'bench' }
}
