/**
 * `make bench`: this engine and its peers on the same files in the same run. See docs/benchmarks.md.
 * BENCH_SIZES: generated sizes, "1e5 1e6" if left out. BENCH_INSTEVAL: lme4's InstEval as CSV. BENCH_REPEATS: 3.
 * BENCH_TOOLS: kinds to run ("hengping lme4 gpboost"). BENCH_THREADS: of the peers, 1.
 * BENCH_PROGRAM: hengping-analyse. BENCH_PYTHON: a Python with gpboost. BENCH_DATA: folder of the files.
 * Exit code: 0 every bar that could be judged is met, 1 one is missed, 2 this program does not run.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { judge } from './bars.mjs'
import { lastJson, measured } from './measure.mjs'
import { costs, growth, mega, phases, verdicts } from './tables.mjs'
import { SEED, SIZES, TOOLS, folder, present, program, ratings, target } from './tools.mjs'

const repeats = Number(process.env.BENCH_REPEATS ?? 3)
const threads = process.env.BENCH_THREADS ?? '1'
/** A run longer than this many seconds is not repeated. */
const LONG = 60

const say = (text) => process.stderr.write(`${text}\n`)
const words = (text) => text.split(/\s+/).filter(Boolean)

/** Predictions by `group,level` out of a file any of the tools wrote. */
const levelsOf = (path) => {
  const [head, ...lines] = readFileSync(path, 'utf8').replaceAll('"', '').trim().split('\n')
  const columns = head.trim().split(',')
  const [group, level, blup] = ['group', 'level', 'blup'].map((name) => columns.indexOf(name))
  return new Map(
    lines.map((line) => {
      const cells = line.split(',')
      return [`${cells[group]},${cells[level]}`, Number(cells[blup])]
    }),
  )
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** One measured run of a tool at a size, with what it said and predicted. */
const once = (size, tool) => {
  const out = join(folder, `levels-${size}-${tool.name.replaceAll(' ', '-')}.csv`)
  const line = tool.line(ratings(size, tool.ending, say), out)
  const peer = { OPENBLAS_NUM_THREADS: threads, OMP_NUM_THREADS: threads }
  const { said, ...cost } = measured(line, tool.kind === 'hengping' ? {} : peer)
  say(
    `${size} ${tool.name}: CPU ${cost.cpu.toFixed(2)} s, wall ${cost.wall.toFixed(2)} s, ${mega(cost.peak)} MB`,
  )
  const result = lastJson(said)
  if (!result) throw new Error(`${line.join(' ')}: no JSON`)
  return { ...cost, result, levels: levelsOf(out) }
}

/** Every tool at a size, `repeats` times, the order turned round each time; medians of the costs. */
const runSize = (size, tools) => {
  const kept = new Map(tools.map((tool) => [tool.name, []]))
  const failed = []
  for (let turn = 0; turn < repeats; turn += 1) {
    for (const tool of turn % 2 ? [...tools].reverse() : tools) {
      const runs = kept.get(tool.name)
      if (!runs || (runs.length && runs[0].wall > LONG)) continue
      try {
        runs.push(once(size, tool))
      } catch (error) {
        kept.delete(tool.name)
        failed.push({ size, name: tool.name, kind: tool.kind })
        say(`FAILED ${size} ${tool.name}: ${error.message}`)
      }
    }
  }
  const middle = (runs, what) => median(runs.map((run) => run[what]))
  const medians = [...kept].map(([name, runs]) => {
    const cost = {
      cpu: middle(runs, 'cpu'),
      wall: middle(runs, 'wall'),
      peak: middle(runs, 'peak'),
    }
    return [name, { ...runs[0], ...cost, runs: runs.length }]
  })
  return { tools: Object.fromEntries(medians), failed }
}

const asked = words(process.env.BENCH_SIZES ?? '1e5 1e6')
const unknown = asked.filter((size) => !SIZES[size])
if (unknown.length) {
  say(`unknown size ${unknown.join(', ')}; there are ${Object.keys(SIZES).join(', ')}`)
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const kinds = present(words(process.env.BENCH_TOOLS ?? 'hengping lme4 gpboost'), say)
// Growth is measured from 1e6, for which our own run from Parquet is enough.
const anchor = asked.includes('1e8') && !asked.includes('1e6')
const sizes = Object.keys(SIZES).filter(
  (size) => asked.includes(size) || (anchor && size === '1e6'),
)
if (process.env.BENCH_INSTEVAL) sizes.unshift('insteval')
else say('skipped: InstEval; BENCH_INSTEVAL names its file')

const runs = {}
const failed = []
for (const size of sizes) {
  const all = TOOLS.filter(({ kind, at }) => kinds.includes(kind) && at.includes(size))
  const only =
    anchor && size === '1e6' ? all.filter(({ name }) => name === 'hengping parquet') : all
  const done = runSize(size, only)
  runs[size] = done.tools
  failed.push(...done.failed)
}

const bars = judge(runs)
const rows = Object.fromEntries(Object.entries(SIZES).map(([size, [count]]) => [size, count]))
console.log(
  `\nWhole processes, file to files; medians; ${threads} thread for each peer\n${costs(runs)}`,
)
console.log(`\nWhere the time goes\n${phases(runs)}`)
console.log(`\nGrowth of CPU\n${growth(runs, rows)}`)
console.log(`\n${verdicts(bars)}`)
for (const { size, name } of failed) console.log(`FAILED ${size} ${name}`)

const plain = (tools) =>
  Object.fromEntries(
    Object.entries(tools).map(([name, run]) => [name, { ...run, levels: run.levels.size }]),
  )
const machine = { processor: cpus()[0]?.model, cores: cpus().length, memory: totalmem() }
const sheet = { machine, program, threads, seed: SEED, runs: {}, bars, failed }
for (const [size, tools] of Object.entries(runs)) sheet.runs[size] = plain(tools)
const out = join(target, 'bench.json')
writeFileSync(`${out}.part`, `${JSON.stringify(sheet, null, 2)}\n`)
renameSync(`${out}.part`, out)
console.log(`\n${out}`)
const broken = failed.some(({ kind }) => kind === 'hengping') || !kinds.includes('hengping')
process.exitCode = broken ? 2 : bars.some(({ met }) => met === false) ? 1 : 0
