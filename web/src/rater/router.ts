import { ensureSession, session } from '@shared/session'
import { nextTick } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import Form from './pages/Form.vue'
import SignIn from './pages/SignIn.vue'
import Waiting from './pages/Waiting.vue'
import { loadWork } from './loading'
import { work } from './work'

export const router = createRouter({
  history: createWebHistory('/r/'),
  routes: [
    { path: '/', name: 'waiting', component: Waiting },
    { path: '/sign-in', name: 'sign-in', component: SignIn, meta: { open: true } },
    { path: '/case/:id/item/:n', name: 'form', component: Form, meta: { narrow: true } },
    {
      path: '/case/:id/review',
      name: 'review',
      component: () => import('./pages/Review.vue'),
      meta: { narrow: true },
    },
    {
      path: '/case/:id/seal',
      name: 'seal',
      component: () => import('./pages/Seal.vue'),
      meta: { narrow: true },
    },
    { path: '/case/:id/receipt', name: 'receipt', component: () => import('./pages/Receipt.vue') },
    {
      path: '/case/:id/recuse',
      name: 'recuse',
      component: () => import('./pages/Recuse.vue'),
      meta: { narrow: true },
    },
    { path: '/enrol', name: 'enrol', component: () => import('./pages/Enrol.vue') },
    { path: '/recovery', name: 'recovery', component: () => import('./pages/Recovery.vue') },
    { path: '/result', name: 'result', component: () => import('./pages/MyResult.vue') },
    {
      path: '/result/:release/paper',
      name: 'paper',
      component: () => import('./pages/ResultPaper.vue'),
      meta: { narrow: true },
    },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  scrollBehavior: () => ({ top: 0 }),
})

router.beforeEach(async (to) => {
  await ensureSession()
  if (!session.account) return to.meta.open ? true : { name: 'sign-in', query: { to: to.fullPath } }
  if (to.name === 'sign-in') return { name: 'waiting' }
  // A form, a review or a receipt opened from an address or a reload needs the list first.
  if ('id' in to.params && !work.invitations) await loadWork()
  return true
})

/** After each step the reader of the screen, and the keyboard, start at the page's heading. */
router.afterEach((to, from) => {
  if (from.matched.length === 0 || to.path === from.path) return
  void nextTick(() => document.querySelector<HTMLElement>('main h1')?.focus())
})
