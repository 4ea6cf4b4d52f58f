/** Days, numbers and names as a reader of either language expects them. */
import { currentLocale, i18n } from './i18n'

const DIGITS = '零一二三四五六七八九'

/** 1 to 99 in Chinese numerals, as articles are counted. */
export function chineseNumber(n: number): string {
  const [tens, ones] = [Math.floor(n / 10), n % 10]
  const head = tens === 0 ? '' : `${tens === 1 ? '' : DIGITS[tens]}十`
  return head + (ones === 0 && tens > 0 ? '' : DIGITS[ones])
}

export function article(n: number): string {
  return currentLocale() === 'en' ? `Article ${n}` : `第${chineseNumber(n)}条`
}

/** A day (YYYY-MM-DD) in words; without the year where `short`. */
export function day(text: string | null | undefined, short = false): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(text ?? '')
  if (!match) return text ?? ''
  const [y, m, d] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (currentLocale() !== 'en') return `${short ? '' : `${y}年`}${m}月${d}日`
  const form: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', timeZone: 'UTC' }
  if (!short) form.year = 'numeric'
  return new Intl.DateTimeFormat('en-GB', form).format(Date.UTC(y, m - 1, d))
}

export const count = (n: number | null | undefined): string =>
  n === null || n === undefined ? '–' : new Intl.NumberFormat('en-US').format(n)

/** Digits after the point that a step of .1, .2, .25 or .5 needs. */
export const digits = (step: number | null | undefined): number => (step === 0.25 ? 2 : 1)

export const score = (value: number | null | undefined, step?: number | null): string =>
  value === null || value === undefined ? '–' : value.toFixed(digits(step))

/** A value whose step is not known: as many digits as it needs, one at least. */
export const plain = (value: number): string =>
  Number.isInteger(Math.round(value * 100) / 10) ? value.toFixed(1) : value.toFixed(2)

export function signed(value: number): string {
  const text = Math.abs(value).toFixed(1)
  return Number(text) === 0 ? text : `${value > 0 ? '+' : '−'}${text}`
}

export const band = (text: string | null | undefined): string => (text ?? '').replace('-', '–')

/** A share between 0 and 1 in whole per cent. */
export const percent = (share: number): string => `${Math.round(share * 100)}%`

/** A band of shares, `0.40-0.45`, as per cent. */
export const percentBand = (text: string): string =>
  `${text
    .split('-')
    .map((part) => Math.round(Number(part) * 100))
    .join('–')}%`

/** The beginning and end of a hash, enough to compare by eye. */
export const shortHash = (hash: string): string =>
  hash.length > 20 ? `${hash.slice(0, 8)}…${hash.slice(-6)}` : hash

/** The translation of `prefix.key` where there is one, else the key as the server sent it. */
export function named(prefix: string, key: string | null | undefined): string {
  if (!key) return ''
  const path = `${prefix}.${key}`
  return i18n.global.te(path) ? i18n.global.t(path) : key
}
