/** "Check that it was counted": two public lists are downloaded whole and compared on this device. */
import { Refusal, get } from '@shared/api'
import { checkLog } from '@shared/crypto/log'
import type { BoxLog, CountedList } from '@shared/types'
import type { CastRecord } from './device'

export interface CheckResult {
  /** `later`: the list is sound, but this ballot's batch has not been added yet. */
  log: 'found' | 'later' | 'missing' | 'unsound'
  size: number
  root: string
  /** `closed`: not opened yet, so there is no counted list. */
  counted: 'found' | 'missing' | 'closed'
}

async function countedList(box: string): Promise<CountedList | undefined> {
  try {
    return await get<CountedList>(`/boxes/${box}/counted`)
  } catch (error) {
    if (error instanceof Refusal && (error.status === 404 || error.status === 409)) return undefined
    throw error
  }
}

export async function checkCast(record: CastRecord): Promise<CheckResult> {
  const box = encodeURIComponent(record.box)
  const log = await get<BoxLog>(`/boxes/${box}/log`)
  const counted = await countedList(box)
  const { sound, found } = checkLog(log, record.leaf)
  const opened = counted !== undefined && counted.counted.length > 0
  return {
    log: !sound ? 'unsound' : found ? 'found' : log.open ? 'later' : 'missing',
    size: log.size,
    root: log.root,
    counted: !opened ? 'closed' : counted.counted.includes(record.counted) ? 'found' : 'missing',
  }
}
