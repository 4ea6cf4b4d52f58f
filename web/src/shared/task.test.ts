/** A page's step: busy while it runs, its refusal kept until the next one. */
import { expect, test } from 'vitest'
import { useTask } from './task'

test('a step is busy until it ends, however it ends', async () => {
  const { busy, error, run } = useTask()
  let end: () => void = () => undefined
  const first = run(() => new Promise<void>((resolve) => (end = resolve)))
  expect(busy.value).toBe(true)
  end()
  await first
  expect([busy.value, error.value]).toEqual([false, null])
  await run(() => Promise.reject(new Error('refused')))
  expect([busy.value, error.value]).toEqual([false, new Error('refused')])
})

test('a step that throws before it waits is refused in the same way, and the next one forgets it', async () => {
  const { busy, error, run } = useTask()
  await run(() => {
    throw new Error('at once')
  })
  expect([busy.value, error.value]).toEqual([false, new Error('at once')])
  await run(() => undefined)
  expect(error.value).toBe(null)
})
