/** A release with what it is read by, and what can be said of it on more than one page. */
import { get } from '@shared/api'
import type { Cell, Charter, Period, Release, Rubric, SignedDocument } from '@shared/types'

export interface ReadableRelease {
  release: Release
  rubric: Rubric
  charter: Charter
  period: Period | undefined
}

export async function loadRelease(hash: string): Promise<ReadableRelease> {
  const release = await get<Release>(`/releases/${hash}`)
  const [periods, rubric, charter] = await Promise.all([
    get<Period[]>('/periods'),
    get<Rubric>(`/rubrics/${release.rubric}`),
    get<SignedDocument<Charter>>(`/documents/${release.charter}`),
  ])
  const period = periods.find((each) => each.id === release.period)
  return { release, rubric, charter: charter.body, period }
}

/** Whether a correction of this very release is in force: the box is computed again, or was. */
export const correctionInForce = (release: Release): boolean =>
  release.corrections.some((each) => each.in_force_from && each.release === release.hash)

/** The cells that everybody may see, whoever looks. */
export const publicCells = (release: Release): Cell[] =>
  release.cells.filter((cell) => cell.audience === 'public' && cell.verdict !== 'withhold')
