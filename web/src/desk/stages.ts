/** How far an opening is, in what a page can say of it: shape of a stage, words for its trouble, and the time left. */
import { i18n } from '@shared/i18n'
import type { Shape } from '@shared/components/StateMark.vue'
import type { Opening, OpeningState, Stage } from '@shared/types'

export const BOX_SHAPE: Record<OpeningState, Shape> = {
  open: 'ring',
  closed: 'triangle',
  mixed: 'triangle',
  opened: 'circle',
  dead: 'square',
  destroyed: 'square',
}

export const STAGE_SHAPE: Record<Stage['state'], Shape> = {
  done: 'circle',
  running: 'ring',
  waiting: 'triangle',
  failed: 'triangle',
  'not-yet': 'square',
}

/** What went wrong and what to do, by the code an agent or the analysis gave. */
export function troubleWords(code: string | null): string {
  const { t, te } = i18n.global
  const path = `stageCode.${code}`
  if (code && te(path)) return t(path)
  const shared = `code.${code}`
  if (code && te(`${shared}.what`))
    return t('mark.sentences', { first: t(`${shared}.what`), second: t(`${shared}.next`) })
  return t('stageCode.unknown')
}

export const isRunning = (opening: Opening): boolean =>
  opening.stages.some((stage) => stage.state === 'running')

type Missing = Opening['waiting'][number]

/** Requests that a side has not answered. */
export const waitedFor = (opening: Opening): Missing[] =>
  opening.waiting.filter((each) => !each.code)

/** Requests that a side's agent has refused, each with its code. */
export const refusedBy = (opening: Opening): Missing[] =>
  opening.waiting.filter((each) => each.code)

/** Somebody else has to act, or an agent could not be reached: it may take minutes or a day. */
export const isWaiting = (opening: Opening): boolean =>
  waitedFor(opening).length > 0 || opening.stages.some((stage) => stage.state === 'waiting')

/** What a box at rest waits for: `opened` becomes `released` once both sides have signed what came out of it. */
export function restOf({ state, stages }: Opening): OpeningState | 'released' {
  const released = stages.some(({ stage, state }) => stage === 'draft' && state === 'done')
  return state === 'opened' && released ? 'released' : state
}

/** Closed or corrected, nothing under way and nobody waited for: the operator starts, or goes on after a failure. */
export function canStart(opening: Opening): boolean {
  const state = opening.state === 'closed' || opening.state === 'mixed' || opening.correcting
  return state && !isRunning(opening) && !isWaiting(opening)
}

interface Seen {
  done: number
  at: number
}

/** Minutes left at the pace since a stage was first seen; null until it has moved. Times in milliseconds. */
export function minutesLeft(first: Seen, stage: Stage, now: number): number | null {
  const moved = stage.done - first.done
  const passed = now - first.at
  if (moved <= 0 || passed <= 0) return null
  return Math.max(1, Math.ceil(((stage.total - stage.done) * (passed / moved)) / 60_000))
}
