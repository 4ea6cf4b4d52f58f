/** "Check that it was counted": two public lists are downloaded whole and compared on this device. */
import { Refusal, get } from '@shared/api'
import { type LogCheck, checkLog } from '@shared/crypto/log'
import type { BoxLog, CountedList } from '@shared/types'
import type { CastRecord } from './device'

export interface CheckResult extends LogCheck {
  /** The box still takes ballots, so that one that is absent may come with the next batch. */
  open: boolean
  /** `closed`: not opened yet, so there is no counted list; `destroyed`: there will be none. */
  counted: 'found' | 'missing' | 'closed' | 'destroyed'
}

async function countedList(box: string): Promise<CountedList | undefined> {
  try {
    return await get<CountedList>(`/boxes/${box}/counted`)
  } catch (error) {
    if (error instanceof Refusal && (error.status === 404 || error.status === 409)) return undefined
    throw error
  }
}

/** Checked with the agents' keys that the manifest named when the ballot was sealed. */
export async function checkCast(record: CastRecord): Promise<CheckResult> {
  const box = encodeURIComponent(record.box)
  const log = await get<BoxLog>(`/boxes/${box}/log`)
  const counted = await countedList(box)
  const closed = log.state === 'destroyed' ? 'destroyed' : 'closed'
  const opened = counted !== undefined && counted.counted.length > 0
  return {
    ...checkLog(log, record.leaf, record.box, record.agents),
    open: log.state === 'open',
    counted: !opened ? closed : counted.counted.includes(record.counted) ? 'found' : 'missing',
  }
}
