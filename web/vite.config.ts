import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { lean } from './tools/lean.ts'
import { messages } from './tools/messages.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The two entries are built one after the other, so that the phone never carries what only the desk needs. */
const ENTRIES: Record<string, string> = {
  rater: here('./r/index.html'),
  desk: here('./index.html'),
}

export default defineConfig(({ mode }) => ({
  plugins: [vue(), messages(mode), lean()],
  resolve: { alias: { '@shared': here('./src/shared') } },
  define: {
    __VUE_OPTIONS_API__: JSON.stringify(mode !== 'rater'),
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'true',
  },
  build: {
    // Court desks still run Chromium 86.
    target: 'chrome86',
    cssTarget: 'chrome86',
    // The policy allows images and fonts from our own origin only, so nothing may become a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: mode === 'rater',
    rolldownOptions: {
      input: ENTRIES[mode] ? { [mode]: ENTRIES[mode] } : ENTRIES,
      // @noble/post-quantum builds key exchanges on curves nobody here uses while it is loaded; calling these has no
      // effect, so the bundler may leave them out, and with them the whole of the NIST curves.
      treeshake: { manualPureFunctions: ['QSF', 'ecdhKem', 'createKitchenSink'] },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
}))
