/** What the header calls whoever is signed in. */
import { i18n } from '@shared/i18n'
import { session } from '@shared/session'
import { afterEach, expect, test } from 'vitest'
import { accountName } from './account'
import en from './messages/en.json'
import zh from './messages/zh-CN.json'

const account = { id: '1', login: 'bar-negotiator', name: '律协方签发人', roles: [] }
i18n.global.setLocaleMessage('zh-CN', zh)
i18n.global.setLocaleMessage('en', en)
afterEach(() => (i18n.global.locale.value = 'zh-CN'))

test('officers of a demonstration have an English name on the English site', () => {
  Object.assign(session, { account, demo: true })
  expect(accountName()).toEqual({ text: '律协方签发人', lang: 'zh-CN' })
  i18n.global.locale.value = 'en'
  expect(accountName()).toEqual({ text: 'Bar negotiator', lang: 'en' })
})

test('a real account keeps the name it was made with', () => {
  Object.assign(session, { account, demo: false })
  i18n.global.locale.value = 'en'
  expect(accountName()).toEqual({ text: '律协方签发人', lang: 'zh-CN' })
})
