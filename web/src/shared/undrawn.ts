/** A page that draws nothing, for tests of what happens while a page is there. No page imports it. */
import { createRenderer } from 'vue'

const { createApp } = createRenderer<object, object>({
  ...{ insert: () => undefined, remove: () => undefined, setText: () => undefined },
  ...{ createElement: () => ({}), createText: () => ({}), createComment: () => ({}) },
  ...{ setElementText: () => undefined, parentNode: () => null, nextSibling: () => null },
  patchProp: () => undefined,
})

/** Enters a page with this setup; returns what leaves it again. */
export function enter(setup: () => void): () => void {
  const page = createApp({ render: () => null, setup: () => setup() })
  page.mount({})
  return () => page.unmount()
}
