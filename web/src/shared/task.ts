/** A step that takes a while and may be refused: what every page shows of it. */
import { type Ref, ref } from 'vue'

export interface Task {
  busy: Ref<boolean>
  error: Ref<unknown>
  /** Runs a step; what it throws becomes the error, and a new step forgets the last one's. */
  run: (step: () => unknown) => Promise<void>
}

export function useTask(atFirst = false): Task {
  const busy = ref(atFirst)
  const error = ref<unknown>(null)
  async function run(step: () => unknown) {
    busy.value = true
    error.value = null
    try {
      await step()
    } catch (failure) {
      error.value = failure
    } finally {
      busy.value = false
    }
  }
  return { busy, error, run }
}
