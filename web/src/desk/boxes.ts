/** A box with what anybody may see of it; the counted list only exists after an opening. */
import { Refusal, get } from '@shared/api'
import type { BoxDetail, CountedList } from '@shared/types'

export interface BoxView {
  box: BoxDetail
  counted: CountedList | null
}

export async function boxRecord(id: string): Promise<BoxView> {
  const path = `/boxes/${encodeURIComponent(id)}`
  const found = await get<BoxDetail>(path)
  const opened = found.state === 'opened'
  // An opened box whose keys are gone is told apart by a word of its own.
  const box: BoxDetail = opened && found.dead ? { ...found, state: 'dead' } : found
  return { box, counted: opened ? await counted(path) : null }
}

async function counted(path: string): Promise<CountedList | null> {
  try {
    return await get<CountedList>(`${path}/counted`)
  } catch (error) {
    if (error instanceof Refusal && (error.status === 404 || error.status === 409)) return null
    throw error
  }
}
