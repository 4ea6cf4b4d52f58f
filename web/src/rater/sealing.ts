/**
 * What the seal page does: seals and sends at once where it can, waits for tokens where they are missing, and says so
 * where the case has gone meanwhile. Leads on by itself.
 */
import { type Ref, onMounted, onUnmounted, ref, watch } from 'vue'
import { castBallot, checkSealable } from './casting'
import { readDraft } from './device'
import { loadWork } from './loading'
import { accountId, castOf, invitationOf, work } from './work'

const PICTURE_MS = 2_100
/** How often the list is looked at again while something else than an agent's answer is missing. */
const LOOK_AGAIN_MS = 60_000

export interface Sealing {
  stage: Ref<'waiting' | 'sealing' | 'sent'>
  error: Ref<unknown>
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** `lead` goes to another page: the receipt when there is one, the list when there is nothing to seal. */
export function useSealing(id: string, lead: (to: 'receipt' | 'waiting') => unknown): Sealing {
  const error = ref<unknown>(null)
  const stage: Sealing['stage'] = ref('sealing')
  let again: ReturnType<typeof setInterval> | undefined

  onMounted(async () => {
    if (!readDraft(accountId(), id)) await lead(castOf(id) ? 'receipt' : 'waiting')
    else if (work.ready[id]) await sealNow()
    else waitForTokens()
  })
  onUnmounted(() => clearInterval(again))

  function waitForTokens() {
    stage.value = 'waiting'
    again = setInterval(() => {
      if (work.enrolment === 'enrolled' && work.tokens.missing.length > 0) return
      void loadWork()
    }, LOOK_AGAIN_MS)
  }

  /** @throws the reason why this cannot be sealed. Without a list that reason is why there is none. */
  function check() {
    if (!work.invitations && work.error) throw work.error
    checkSealable(invitationOf(id))
  }

  /** A list that was loaded again may no longer hold the case, or the box may have closed. */
  watch(
    () => [stage.value, work.ready[id], work.invitations, work.box] as const,
    ([now, ready]) => {
      if (now !== 'waiting') return
      try {
        check()
      } catch (reason) {
        stop(reason)
        return
      }
      if (ready) void sealNow()
    },
  )

  function stop(reason: unknown) {
    clearInterval(again)
    stage.value = 'sealing'
    error.value = reason
  }

  async function sealNow() {
    stage.value = 'sealing'
    clearInterval(again)
    try {
      check()
      const item = invitationOf(id)
      const draft = readDraft(accountId(), id)
      if (!item || !draft) return await lead('waiting')
      // One frame first, so that the picture is there before the processor is busy.
      await pause(50)
      const sealing = castBallot(item, draft.answers).then(() => (stage.value = 'sent'))
      await Promise.all([sealing, pause(PICTURE_MS)])
      await lead('receipt')
    } catch (failure) {
      stop(failure)
    }
  }

  return { stage, error }
}
