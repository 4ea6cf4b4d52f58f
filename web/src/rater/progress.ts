/** How far a sealed ballot has come, as the four lines of its receipt: relay, both networks, the box, the count. */
import type { Shape } from '@shared/components/StateMark.vue'
import type { CheckResult } from './check'

export interface ReceiptStep {
  /** Key below `receipt.step`. */
  words: string
  shape: Shape
}

const step = (words: string, shape: Shape): ReceiptStep => ({ words, shape })

/** `undefined` before the lists were looked at: then only the relay's receipt is known. */
export function receiptSteps(result: CheckResult | undefined): ReceiptStep[] {
  const stored = step('stored', 'circle')
  const later = [step('box', 'ring'), step('count', 'ring')]
  if (!result) return [stored, step('pending', 'triangle'), ...later]
  if (!result.sound) return [stored, step('unsound', 'square'), ...later]
  if (result.place === 'refused') return [stored, step('refusedLeaf', 'square'), ...later]
  const missing = result.place === 'absent' && !result.open
  if (missing) return [stored, step('missing', 'square'), ...later]
  if (result.place !== 'accepted') return [stored, step('pending', 'triangle'), ...later]
  return [stored, step('confirmed', 'circle'), step('accepted', 'circle'), counted(result)]
}

function counted({ counted }: CheckResult): ReceiptStep {
  if (counted === 'found') return step('counted', 'circle')
  if (counted === 'destroyed') return step('destroyed', 'square')
  return counted === 'missing' ? step('uncounted', 'square') : step('count', 'ring')
}
