/** How the opening of one box stands, looked at again and again while a page shows it. */
import { Refusal, get } from '@shared/api'
import type { Opening } from '@shared/types'
import { type Ref, onMounted, onUnmounted, ref } from 'vue'
import { isRunning, isWaiting } from './stages'

const RUNNING_MS = 2_000
const WAITING_MS = 15_000

export interface Watched {
  /** Null before it is known, and for roles that may not see it. */
  opening: Ref<Opening | null>
  /** Why the last look failed; the next one comes by itself. */
  lost: Ref<unknown>
  /** Looks at once; one that is on its way is waited for first, since it may be older than what was just done. */
  look: () => Promise<void>
}

/** `changed` is called when the box has come to another state than the last look showed. */
export function useOpening(box: string, changed: () => void): Watched {
  const opening = ref<Opening | null>(null)
  const lost = ref<unknown>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let looking: Promise<void> | undefined
  let left = false

  async function once() {
    clearTimeout(timer)
    let wait: number | null
    try {
      const seen = await get<Opening>(`/boxes/${encodeURIComponent(box)}/opening`)
      if (left) return
      lost.value = null
      const before = opening.value?.state
      opening.value = seen
      wait = isRunning(seen) ? RUNNING_MS : isWaiting(seen) ? WAITING_MS : null
      if (before && before !== seen.state) changed()
    } catch (failure) {
      if (left) return
      const hidden =
        failure instanceof Refusal && (failure.status === 403 || failure.status === 404)
      if (!hidden) lost.value = failure
      wait = hidden ? null : WAITING_MS
    }
    if (wait !== null) timer = setTimeout(() => void look(), wait)
  }

  async function look() {
    await looking
    if (left) return
    looking ??= once().finally(() => (looking = undefined))
    await looking
  }

  onMounted(look)
  onUnmounted(() => {
    left = true
    clearTimeout(timer)
  })
  return { opening, lost, look }
}
