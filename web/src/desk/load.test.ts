/** What a page shows is the latest load. */
import { enter } from '@shared/undrawn'
import { expect, test } from 'vitest'
import { type Loaded, useLoad } from './load'

test('an earlier load that ends last changes nothing', async () => {
  const held: ((text: string) => void)[] = []
  let page!: Loaded<string>
  enter(() => (page = useLoad(() => new Promise<string>((resolve) => held.push(resolve)))))
  const again = page.reload()
  held[1]!('newer')
  await again
  held[0]!('earlier')
  await new Promise((resolve) => setTimeout(resolve))
  expect(page.data.value).toBe('newer')
})
