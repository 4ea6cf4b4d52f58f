/** Copying a text whole, with a word on the button that says whether it was done. */
import { type Ref, onUnmounted, ref } from 'vue'

/** A failure asks for something to be done, so it stays longer. */
const SAID_MS = { done: 1_500, failed: 6_000 }

export interface Copied {
  state: Ref<'idle' | 'done' | 'failed'>
  copy: () => Promise<void>
}

export function useCopy(text: () => string): Copied {
  const state: Copied['state'] = ref('idle')
  let timer: ReturnType<typeof setTimeout> | undefined

  async function copy() {
    let said: 'done' | 'failed' = 'done'
    try {
      // The clipboard does not exist on plain http; the text can still be marked.
      await navigator.clipboard.writeText(text())
    } catch {
      said = 'failed'
    }
    state.value = said
    clearTimeout(timer)
    timer = setTimeout(() => (state.value = 'idle'), SAID_MS[said])
  }

  onUnmounted(() => clearTimeout(timer))
  return { state, copy }
}
