/** A pilot's scorecard in words: what was found of a criterion, what the charter asks for, and the shape of the mark. */
import { percent, percentBand } from '@shared/format'
import { i18n } from '@shared/i18n'
import type { Direction, Finding, ScorecardLine } from '@shared/types'
import type { Shape } from '@shared/components/StateMark.vue'

const { t } = i18n.global

export const DIRECTIONS: Direction[] = ['bar_rates_bench', 'bench_rates_bar']

export const SHAPES: Record<Finding['reached'], Shape> = {
  met: 'circle',
  failed: 'triangle',
  unknown: 'square',
}

/** What was found; nothing where the gate let no number out. */
export function foundWords(line: ScorecardLine): string {
  if (line.band) return percentBand(line.band)
  if (line.criterion === 'released') {
    return t(line.reached === 'met' ? 'signature.done' : 'signature.missing')
  }
  if (line.value == null) return ''
  if (line.criterion === 'reliability') return line.value.toFixed(1)
  if (line.criterion === 'fairness') return t('scorecard.lines', { n: line.value })
  return percent(line.value)
}

/** What the charter asks for. */
export function askedWords(line: ScorecardLine): string {
  const { criterion, limit } = line
  if (criterion === 'released') return t('scorecard.bothSigned')
  if (criterion === 'reliability') return t('fairness.atLeast', { n: limit.toFixed(2) })
  if (criterion === 'fairness') return t('fairness.atMost', { n: limit })
  if (criterion === 'misfit') return t('fairness.below', { n: percent(limit) })
  const words = criterion === 'objections' ? 'fairness.atMost' : 'fairness.atLeast'
  return t(words, { n: percent(limit) })
}

/** Whether a criterion is not met, so that a conclusion needs an exception. */
export const fallsShort = (findings: Finding[]): boolean =>
  findings.some((each) => each.reached !== 'met')
