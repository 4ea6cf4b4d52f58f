/** Copying a text whole, with a word on the button that says it was done. */
import { type Ref, onUnmounted, ref } from 'vue'

const SAID_MS = 1_500

export interface Copied {
  done: Ref<boolean>
  copy: () => Promise<void>
}

export function useCopy(text: () => string): Copied {
  const done = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  async function copy() {
    // The clipboard does not exist on plain http; the text can still be marked.
    if (!navigator.clipboard) return
    await navigator.clipboard.writeText(text()).catch(() => undefined)
    done.value = true
    clearTimeout(timer)
    timer = setTimeout(() => (done.value = false), SAID_MS)
  }

  onUnmounted(() => clearTimeout(timer))
  return { done, copy }
}
