/** Language: zh-CN unless the reader chose English, remembered on the device. */
import { createI18n } from 'vue-i18n'
import type { Tree } from './join'
import type { Words } from './types'

export type Locale = 'zh-CN' | 'en'

const STORED = 'hengping.locale'

function remembered(): Locale {
  try {
    return localStorage.getItem(STORED) === 'en' ? 'en' : 'zh-CN'
  } catch {
    return 'zh-CN'
  }
}

type Loader = () => Promise<{ default: Tree }>

export const i18n = createI18n<[Tree], Locale, false>({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: false,
  messages: { 'zh-CN': {}, en: {} },
})

export const currentLocale = (): Locale => i18n.global.locale.value

let loaders: Record<Locale, Loader> | undefined
const loaded = new Set<Locale>()

/** Turns the page to a language, loading its words the first time. */
export async function useLocale(locale: Locale): Promise<void> {
  if (loaders && !loaded.has(locale)) {
    i18n.global.setLocaleMessage(locale, (await loaders[locale]()).default)
    loaded.add(locale)
  }
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  try {
    localStorage.setItem(STORED, locale)
  } catch {
    // A locked-down browser simply forgets the choice.
  }
}

/** Takes an entry's words and sets the remembered language. */
export async function startI18n(words: Record<Locale, Loader>): Promise<void> {
  loaders = words
  await useLocale(remembered())
}

/** The reader's language out of a document's two. */
export const words = (both: Words | null | undefined): string =>
  both ? (currentLocale() === 'en' ? both.en || both.zh : both.zh) : ''
