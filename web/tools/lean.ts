/**
 * vue-i18n looks an optional export of Vue up by a computed name, which makes a bundler keep all of Vue. Vue 3.5 has
 * no such export, so the lookup can be dropped; the build fails when a new version no longer looks like this.
 */
import type { Plugin } from 'vite'

const LOOKUP = /const key = 'currentInstance';\s+if \(key in Vue\) \{[^}]*\}\s+else (\{[^}]*\})/

export function lean(): Plugin {
  return {
    name: 'hengping-lean',
    apply: 'build',
    transform(source, id) {
      if (!id.endsWith('/vue-i18n/dist/vue-i18n.mjs')) return null
      if (!LOOKUP.test(source)) this.error('vue-i18n changed: see tools/lean.ts')
      return { code: source.replace(LOOKUP, '$1'), map: null }
    },
  }
}
