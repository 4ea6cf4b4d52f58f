/** Turns what `make rounds` printed, on standard input, into lines for the table of `make attack`. */
import { readFileSync } from 'node:fs'
import { cost, prove } from '../tests/browser/prove.mjs'

// make says things around it.
const printed = readFileSync(0, 'utf8').split('\n').find((line) => line.startsWith('{'))
const { rounds, agreed, mutations, accepted, control, measured } = JSON.parse(printed)
// The control leaves the proof out, and takes a key that marks the rater every time.
const blind = { control: control.marked, control_at_least: control.wrong_keys }
prove({
  name: '4 rounds between browser and Rust that disagree',
  ...{ tries: rounds, found: rounds - agreed, limit: 0, ...blind },
})
prove({
  name: '4 changed tokens accepted by browser or Rust',
  ...{ tries: mutations, found: accepted, limit: 0, ...blind },
})
cost({ name: 'a token in node, both sides', value: measured.token_ms, unit: 'ms' })
cost({ name: 'a seal in node', value: measured.seal_ms, unit: 'ms' })
