/**
 * A made-up table of ballots for `hengping-analyse score`, of any size: long format, one row per ballot and item.
 *
 *     node scripts/bench/ballots.mjs RATEES RATERS BALLOTS COURTS FORM.toml > ballots.csv
 *
 * Every cell is a function of the seed and of its place (SplitMix64 as a counter). Raters and ratees live in courts of
 * equal size; one ballot of ten is cast in another court. Ratees, courts, raters and home courts differ, winners rate
 * higher than losers, and one answer of twenty is "not observed".
 */
import { readFileSync, writeSync } from 'node:fs'

const [ratees, raters, ballots, courts] = process.argv.slice(2, 6).map(Number)
const form = process.argv[6]
if (![ratees, raters, ballots, courts].every((count) => count >= 1) || !form) {
  console.error('usage: ballots.mjs RATEES RATERS BALLOTS COURTS FORM.toml')
  process.exit(2)
}
const seed = BigInt(process.env.SEED ?? 1)
const text = readFileSync(form, 'utf8')
// The first id and version are the form's own.
const [id, ...items] = [...text.matchAll(/^id = "(.+)"$/gm)].map(([, name]) => name)
const version = /^version = (\d+)$/m.exec(text)[1]

const MASK = (1n << 64n) - 1n
const STEP = 0x9e3779b97f4a7c15n
const mixed = (value) => {
  let x = value & MASK
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & MASK
  return x ^ (x >> 31n)
}
/** Between 0 and 1: element `index` of sequence `stream`. */
const uniform = (stream, index) => {
  const start = mixed(seed * STEP + BigInt(stream + 1))
  return (Number(mixed(start + BigInt(index) * STEP) >> 11n) + 0.5) / 2 ** 53
}
const normal = (stream, index) =>
  Math.sqrt(-2 * Math.log(uniform(stream, 2 * index))) *
  Math.cos(2 * Math.PI * uniform(stream, 2 * index + 1))

const effects = (stream, count, sd) =>
  Float64Array.from({ length: count }, (_, k) => sd * normal(stream, k))
const ratee = effects(0, ratees, 0.3)
const rater = effects(1, raters, 0.35)
const court = effects(2, courts, 0.15)
const home = effects(3, courts, 0.25)
const item = effects(4, items.length, 0.2)
const OUTCOMES = { for: 0.2, against: -0.25, mixed: 0, settled: 0.05 }
const outcomes = Object.keys(OUTCOMES)
const kinds = ['civil', 'criminal', 'administrative']

const drawn = (stream, index, count) => Math.floor(uniform(stream, index) * count)
const named = (letter, number) => `${letter}${String(number).padStart(6, '0')}`
/** One of the `count` whose court, dealt in turn, is `at`. */
const member = (stream, index, count, at) => {
  const last = Math.max(0, Math.floor((count - 1 - at) / courts))
  return Math.min(count - 1, at + courts * drawn(stream, index, last + 1))
}

let out = 'nym,home,role,ratee,court,case_type,outcome,rubric,item,level,ballot\n'
for (let b = 0; b < ballots; b += 1) {
  const i = drawn(10, b, raters)
  const h = i % courts
  const j = member(12, b, ratees, uniform(11, b) < 0.1 ? drawn(13, b, courts) : h)
  const c = j % courts
  const won = outcomes[drawn(14, b, outcomes.length)]
  const about = `${named('n', i)},H${h},lawyer,${named('j', j)},C${c},${kinds[drawn(15, b, 3)]},${won},${id}-v${version}`
  const level = 4 + ratee[j] + court[c] + rater[i] + home[h] + OUTCOMES[won] + 0.4 * normal(16, b)
  for (let k = 0; k < items.length; k += 1) {
    const cell = b * items.length + k
    const seen = Math.round(level + item[k] + 0.6 * normal(17, cell))
    const answer = uniform(18, cell) < 0.05 ? '' : Math.min(5, Math.max(1, seen))
    out += `${about},${items[k]},${answer},${b}\n`
  }
  if (out.length > 1 << 20) {
    writeSync(1, out)
    out = ''
  }
}
writeSync(1, out)
