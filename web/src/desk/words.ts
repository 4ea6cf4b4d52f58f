/** Names of cells and their parts, for every page that lists them. */
import { chineseNumber, named, percent } from '@shared/format'
import { currentLocale, i18n, words } from '@shared/i18n'
import type { Cell, Direction, Rubric } from '@shared/types'
import courts from '@shared/courts.json'
import type { Shape } from '@shared/components/StateMark.vue'

const { t } = i18n.global

const COURTS = new Map(courts.map((court) => [court.code, court]))

export function courtName(code: string): string {
  const court = COURTS.get(code)
  return (currentLocale() === 'en' ? court?.english : court?.short) ?? code
}

/** 全市, a court, or a person, whose number the page sets beside it: names never stand beside scores. */
export function subjectName(cell: Cell, direction: Direction): string {
  if (cell.scope === 'system') return t('cell.city')
  if (cell.scope === 'court') return courtName(cell.subject)
  if (cell.scope === 'home_court') return t('cell.home', { court: courtName(cell.subject) })
  return t(direction === 'bar_rates_bench' ? 'cell.judge' : 'cell.lawyer')
}

export function itemName(id: string, rubric: Rubric | undefined): string {
  return words(rubric?.items.find((item) => item.id === id)?.title) || id
}

/** `{division}:{level}`: a kind of case, an outcome, or the role of a rater. */
export function partName(part: string): string {
  const [division = '', ...level] = part.split(':')
  return named(`part.${division}`, level.join(':'))
}

export function measureName(measure: string, rubric: Rubric | undefined): string {
  const [word = '', ...rest] = measure.replace(/^audit:/, '').split(':')
  if (measure.startsWith('item:')) return itemName(rest.join(':'), rubric)
  if (word === 'item_bias') {
    const [id = '', ...part] = rest
    const names = { item: itemName(id, rubric), part: partName(part.join(':')) }
    return t('measureOf.item_bias', names)
  }
  if (rest.length > 0) return t(`measureOf.${word}`, { part: partName(rest.join(':')) })
  return measure.startsWith('audit:') ? named('measureOf', word) : named('measure', measure)
}

export const SHAPES: Record<Cell['verdict'], Shape> = {
  publish: 'circle',
  publish_flagged: 'triangle',
  withhold: 'square',
}

/** The words that go with a flagged cell. */
export const flagWords = (cell: Cell): string =>
  cell.flags.map((flag) => named('flag', flag)).join(t('mark.list'))

/** A measure on the scale from 1 to 5, which can be drawn; effects and shares are numbers alone. */
export const onScale = (cell: Cell): boolean =>
  cell.measure === 'score' || cell.measure === 'raw_mean' || cell.measure.startsWith('item:')

/** Shares read as percentages, bands with a dash between their ends. */
function reasonNumber(name: string, value: number | string, code: string): string {
  const share = code.startsWith('response-')
  const one = (part: string) => (share ? percent(Number(part)) : part)
  if (typeof value === 'number' && name !== 'n') return one(String(value))
  return String(value).split('-').map(one).join('–')
}

/** The decision of the gate in words: its reason with numbers, or the titles of the rules that decided. */
export function reasonWords(cell: Cell, rules: Map<string, string>): string {
  const { code = '', numbers = {} } = cell.reason ?? {}
  const key = `reason.${code}`
  if (!code || !i18n.global.te(key)) {
    return cell.rules.map((rule) => rules.get(rule) ?? rule).join(t('mark.list'))
  }
  const said = Object.entries(numbers).map(([name, value]) => [
    name,
    reasonNumber(name, value, code),
  ])
  return t(key, Object.fromEntries(said) as Record<string, string>)
}

export const articleShort = (n: number): string =>
  currentLocale() === 'en' ? `art. ${n}` : `第${chineseNumber(n)}条`
