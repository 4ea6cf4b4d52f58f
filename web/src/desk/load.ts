/** Loading with a state a page can show: busy, refused, or there. */
import { useTask } from '@shared/task'
import { type Ref, onMounted, ref } from 'vue'

export interface Loaded<T> {
  data: Ref<T | null>
  busy: Ref<boolean>
  error: Ref<unknown>
  reload: () => Promise<void>
}

export function useLoad<T>(task: () => Promise<T>): Loaded<T> {
  const data = ref<T | null>(null) as Ref<T | null>
  const { busy, error, run } = useTask(true)
  let loads = 0
  const reload = () =>
    run(async () => {
      loads += 1
      const mine = loads
      const found = await task()
      if (mine === loads) data.value = found
    })
  onMounted(reload)
  return { data, busy, error, reload }
}
