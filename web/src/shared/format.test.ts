/** Numbers as a reader sees them. */
import { expect, test } from 'vitest'
import { percentBand } from './format'

test('a share is shown as the band it lies in, never as its lower edge', () => {
  expect(percentBand('0.40-0.45')).toBe('40–45%')
  expect(percentBand('0.95-1.00')).toBe('95–100%')
})
