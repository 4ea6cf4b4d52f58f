/** Narrowing the cells of a release; whatever is chosen, their order stays that of the release. */
import type { Audience, Cell, Verdict } from '@shared/types'

export interface Choice {
  audience: Audience | ''
  scope: Cell['scope'] | ''
  verdict: Verdict | ''
  /** A rule that withheld the cell. */
  rule: string
  /** The beginning of a ratee's number or of a court's code. */
  subject: string
}

const fits = (cell: Cell, choice: Choice, but: 'verdict' | 'rule' | '' = '') =>
  (!choice.audience || cell.audience === choice.audience) &&
  (!choice.scope || cell.scope === choice.scope) &&
  (!choice.subject || cell.subject.toLowerCase().startsWith(choice.subject.trim().toLowerCase())) &&
  (but === 'verdict' || !choice.verdict || cell.verdict === choice.verdict) &&
  (but !== '' || !choice.rule || withheldBy(cell).includes(choice.rule))

const withheldBy = (cell: Cell) => (cell.verdict === 'withhold' ? cell.rules : [])

export const chosen = (cells: Cell[], choice: Choice): Cell[] =>
  cells.filter((cell) => fits(cell, choice))

/** How many cells each verdict has, were it chosen beside the other filters. */
export function byVerdict(cells: Cell[], choice: Choice): Map<Verdict | '', number> {
  const counts = new Map<Verdict | '', number>()
  for (const cell of cells.filter((each) => fits(each, { ...choice, rule: '' }, 'verdict'))) {
    for (const key of ['', cell.verdict] as const) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

const number = (rule: string) => Number(rule.slice(1))

/** How many cells each rule withheld, in the order of the rules' numbers; a cell that two rules hide counts for both. */
export function byRule(cells: Cell[], choice: Choice): [string, number][] {
  const counts = new Map<string, number>()
  for (const cell of cells.filter((each) => fits(each, { ...choice, verdict: '' }, 'rule'))) {
    for (const rule of withheldBy(cell)) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  }
  return [...counts].sort(([a], [b]) => number(a) - number(b))
}
