/** A refusal in the reader's words: what happened and what to do next. */
import { Refusal } from './api'
import { i18n } from './i18n'

export interface RefusalWords {
  code: string
  what: string
  next: string
}

export function refusalWords(error: unknown): RefusalWords {
  const code = error instanceof Refusal ? error.code : 'fault'
  const { t, te } = i18n.global
  const known = te(`code.${code}.what`)
  const detail = error instanceof Refusal ? error.detail : undefined
  return {
    code,
    what: known ? t(`code.${code}.what`) : (detail ?? t('code.refused.what')),
    next: known ? t(`code.${code}.next`) : t('code.refused.next'),
  }
}
