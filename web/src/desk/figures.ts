/** The figures of a release in the order in which they are read. */
import type { Release } from '@shared/types'

const ORDER = [
  'caterpillar',
  'raw-adjusted',
  'items',
  'outcome-effect',
  'response',
  'spread',
  'severity',
  'level-use',
  'item-matrix',
  'planner',
]

/** Each figure is there once for each language; what is not there was not released. */
export const figuresOf = (release: Release): string[] =>
  ORDER.filter((name) => release.figures.some((file) => file.startsWith(`${name}-`)))
