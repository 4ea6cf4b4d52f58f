/** The name of whoever is signed in. A real account has the one it was made with; those that a demonstration makes for the
 * officers have one in each language. */
import { currentLocale, i18n, type Locale } from '@shared/i18n'
import { session } from '@shared/session'

export function accountName(): { text: string; lang: Locale } {
  const { name = '', login = '' } = session.account ?? {}
  const path = `demoAccount.${login}`
  return session.demo && i18n.global.te(path)
    ? { text: i18n.global.t(path), lang: currentLocale() }
    : { text: name, lang: 'zh-CN' }
}
