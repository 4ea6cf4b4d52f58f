import '@shared/tokens.css'
import './style.css'
import { i18n, startI18n } from '@shared/i18n'
import { createApp } from 'vue'
import App from './App.vue'
import { keepDelivering } from './casting'
import { router } from './router'

async function start() {
  await startI18n({
    'zh-CN': () => import('./messages/zh-CN'),
    en: () => import('./messages/en'),
  })
  createApp(App).use(i18n).use(router).mount('#app')
  keepDelivering()
}

void start()
