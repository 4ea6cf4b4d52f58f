/** Keys of the release room: a slash looks for a subject, page keys in the table turn its pages. */
import { type Ref, onBeforeUnmount, onMounted } from 'vue'

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)

export function useRoomKeys(
  page: Ref<number>,
  pages: () => number,
  search: Ref<HTMLInputElement | null>,
) {
  function onSlash(event: KeyboardEvent) {
    if (event.key !== '/' || typing(event.target)) return
    event.preventDefault()
    search.value?.focus()
  }
  onMounted(() => document.addEventListener('keydown', onSlash))
  onBeforeUnmount(() => document.removeEventListener('keydown', onSlash))

  function onKey(event: KeyboardEvent) {
    const step = { PageDown: 1, PageUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    page.value = Math.min(Math.max(1, page.value + step), Math.max(1, pages()))
  }
  return { onKey }
}
