/** Whether a copy was made is what the button says, and nothing else. */
import { enter } from '@shared/undrawn'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Copied, useCopy } from './copy'

let copying: Copied
beforeEach(() => {
  vi.useFakeTimers()
  enter(() => (copying = useCopy(() => 'text')))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const clipboard = (writeText?: (text: string) => Promise<void>) =>
  vi.stubGlobal('navigator', { clipboard: writeText && { writeText } })

test('a copy that was made is said for a moment', async () => {
  const copied: string[] = []
  clipboard(async (text) => void copied.push(text))
  await copying.copy()
  expect([copied, copying.state.value]).toEqual([['text'], 'done'])
  await vi.advanceTimersByTimeAsync(5_000)
  expect(copying.state.value).toBe('idle')
})

test.each<[string, ((text: string) => Promise<void>) | undefined]>([
  ['refused', () => Promise.reject(new Error('not allowed'))],
  ['without a clipboard, as on plain http', undefined],
])('a copy that was not made is not said to be one: %s', async (_, writeText) => {
  clipboard(writeText)
  await copying.copy()
  expect(copying.state.value).toBe('failed')
})
