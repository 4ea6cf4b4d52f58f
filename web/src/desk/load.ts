/** Loading with a state a page can show: busy, refused, or there. */
import { type Ref, onMounted, ref } from 'vue'

export interface Loaded<T> {
  data: Ref<T | null>
  busy: Ref<boolean>
  error: Ref<unknown>
  reload: () => Promise<void>
}

export function useLoad<T>(task: () => Promise<T>): Loaded<T> {
  const data = ref<T | null>(null) as Ref<T | null>
  const busy = ref(true)
  const error = ref<unknown>(null)
  async function reload() {
    busy.value = true
    error.value = null
    try {
      data.value = await task()
    } catch (failure) {
      error.value = failure
    } finally {
      busy.value = false
    }
  }
  onMounted(reload)
  return { data, busy, error, reload }
}
