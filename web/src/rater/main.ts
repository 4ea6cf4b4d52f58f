import '@shared/old'
import '@shared/tokens.css'
import './style/frame.css'
import './style/form.css'
import './style/result.css'
import './style/print.css'
import { i18n, startI18n } from '@shared/i18n'
import { onSignedOut } from '@shared/api'
import { ensureSession, session } from '@shared/session'
import { createApp } from 'vue'
import App from './App.vue'
import { keepDelivering } from './casting'
import { router } from './router'

/** A session that has ended leads to the sign-in page and back to where it ended. */
onSignedOut(() => {
  session.account = null
  void router.push({ name: 'sign-in', query: { to: router.currentRoute.value.fullPath } })
})

async function start() {
  void ensureSession()
  await startI18n({
    'zh-CN': () => import('./messages/zh-CN'),
    en: () => import('./messages/en'),
  })
  createApp(App).use(i18n).use(router).mount('#app')
  keepDelivering()
}

void start()
