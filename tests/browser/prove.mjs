/** Lines for the table of `make attack`, as attack/src/lib.rs describes them; nothing is written without HENGPING_ATTACK. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

function note(line) {
  const directory = process.env.HENGPING_ATTACK
  const file = line.name
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .join('-')
  if (directory) writeFileSync(join(directory, `${file}.json`), JSON.stringify(line))
}

/** @param {{name: string, tries: number, found: number, limit: number, control: number, control_at_least: number}} proof */
export const prove = (proof) => note(proof)

/** @param {{name: string, value: number, unit: string, goal?: number}} cost */
export const cost = (cost) => note({ goal: null, ...cost })
