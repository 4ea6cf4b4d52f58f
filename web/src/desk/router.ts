import { ensureSession, hasRole, session } from '@shared/session'
import type { Role } from '@shared/types'
import { nextTick } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import Home from './pages/Home.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** Roles that may see the page; none means everybody. */
    roles?: Role[]
  }
}

const OFFICERS: Role[] = ['negotiator', 'key_holder', 'coordinator', 'auditor']

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', name: 'home', component: Home },
    { path: '/method', name: 'method', component: () => import('./pages/Method.vue') },
    { path: '/documents', name: 'documents', component: () => import('./pages/Documents.vue') },
    {
      path: '/documents/:hash',
      name: 'document',
      component: () => import('./pages/Document.vue'),
    },
    { path: '/periods', name: 'periods', component: () => import('./pages/Periods.vue') },
    {
      path: '/periods/:id/scorecard',
      name: 'scorecard',
      component: () => import('./pages/PilotScorecard.vue'),
      meta: { roles: ['negotiator', 'key_holder', 'coordinator'] },
    },
    { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignIn.vue') },
    {
      path: '/overview',
      name: 'overview',
      component: () => import('./pages/Overview.vue'),
      meta: { roles: [...OFFICERS, 'operator', 'researcher', 'rater'] },
    },
    {
      path: '/releases',
      name: 'releases',
      component: () => import('./pages/Releases.vue'),
      meta: { roles: OFFICERS },
    },
    {
      path: '/releases/:hash',
      name: 'release',
      component: () => import('./pages/ReleaseRoom.vue'),
      meta: { roles: OFFICERS },
    },
    {
      path: '/releases/:hash/fairness',
      name: 'fairness',
      component: () => import('./pages/Fairness.vue'),
      meta: { roles: ['negotiator', 'key_holder', 'coordinator'] },
    },
    {
      path: '/releases/:hash/report',
      name: 'report',
      component: () => import('./pages/ReleaseReport.vue'),
    },
    { path: '/changes', name: 'changes', component: () => import('./pages/Changes.vue') },
    {
      path: '/research',
      name: 'research',
      component: () => import('./pages/Research.vue'),
      meta: { roles: ['researcher', 'coordinator'] },
    },
    {
      path: '/opening',
      name: 'opening',
      component: () => import('./pages/OpeningRoom.vue'),
      meta: { roles: [...OFFICERS, 'operator'] },
    },
    {
      path: '/docket',
      name: 'docket',
      component: () => import('./pages/Docket.vue'),
      meta: { roles: ['operator'] },
    },
    { path: '/:rest(.*)*', name: 'lost', component: () => import('./pages/Lost.vue') },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  await ensureSession()
  const roles = to.meta.roles
  if (roles && !session.account) return { name: 'sign-in', query: { to: to.fullPath } }
  // A page of another role is not shown, and not said to exist either.
  if (roles && !hasRole(...roles)) return { name: 'overview' }
  if (to.name === 'sign-in' && session.account) return { name: 'overview' }
  return true
})

router.afterEach((to, from) => {
  if (from.matched.length === 0 || to.path === from.path) return
  void nextTick(() => document.querySelector<HTMLElement>('main h1')?.focus())
})
