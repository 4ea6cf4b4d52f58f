/** A box with what anybody may see of it; the counted list only exists after an opening. */
import { Refusal, get } from '@shared/api'
import type { BoxDetail, CountedList, OpeningState, Period, Side } from '@shared/types'

export interface BoxView {
  box: BoxDetail
  /** An opened box whose keys are gone is told apart. */
  state: OpeningState
  counted: CountedList | null
}

export async function boxRecord(id: string): Promise<BoxView> {
  const path = `/boxes/${encodeURIComponent(id)}`
  const box = await get<BoxDetail>(path)
  const opened = box.state === 'opened'
  const state = opened && box.dead ? 'dead' : box.state
  return { box, state, counted: opened ? await counted(path) : null }
}

/** The signing key that the manifest of a box names for a side. */
export async function signingKey(box: string, side: Side): Promise<string> {
  const { manifest } = await get<BoxDetail>(`/boxes/${encodeURIComponent(box)}`)
  return manifest.body[side].signing
}

async function counted(path: string): Promise<CountedList | null> {
  try {
    return await get<CountedList>(`${path}/counted`)
  } catch (error) {
    if (error instanceof Refusal && (error.status === 404 || error.status === 409)) return null
    throw error
  }
}

/** The last day on which any box of a period takes ballots, extensions included. */
export const lastDayOf = (period: Period): string =>
  period.boxes.map((box) => box.cast_until).reduce((a, b) => (a > b ? a : b), period.cast_until)
