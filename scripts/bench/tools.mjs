/** What is measured on what: sizes, tools and their command lines, and which of them are here. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measured, there } from './measure.mjs'

const here = dirname(fileURLToPath(import.meta.url))
export const target = process.env.CARGO_TARGET_DIR ?? 'target'
export const program = process.env.BENCH_PROGRAM ?? join(target, 'debug', 'hengping-analyse')
export const folder = process.env.BENCH_DATA ?? join(target, 'bench')
export const SEED = '1'
const python = process.env.BENCH_PYTHON ?? 'python3'

/** Rows, raters and ratees of the generated sizes, in ascending order. */
export const SIZES = {
  '1e5': [1e5, 2e3, 100],
  '1e6': [1e6, 2e4, 500],
  '1e7': [1e7, 1.5e5, 4e3],
  '1e8': [1e8, 1e6, 3e4],
}

const fit = (path) => (file, levels) => [
  ...[program, 'fit', '--data', file, '--response', 'y', '--random', 's', '--random', 'd'],
  ...['--levels', levels, '--path', path, '--seed', SEED, '--json'],
]
const lme4 = (more) => (file, levels) => ['Rscript', join(here, 'lme4.R'), file, levels, ...more]
const gpboost = (file, levels) => [python, join(here, 'gpboost.py'), file, levels]

const UPTO = (last) => ['insteval', '1e5', '1e6', '1e7'].slice(0, last)

/** Name, kind, ending of the file it reads, the sizes it runs at, its command line. */
export const TOOLS = [
  { name: 'hengping', kind: 'hengping', ending: 'csv', at: UPTO(4), line: fit('auto') },
  { name: 'hengping exact', kind: 'hengping', ending: 'csv', at: UPTO(4), line: fit('exact') },
  { name: 'hengping cg', kind: 'hengping', ending: 'csv', at: UPTO(4), line: fit('cg') },
  {
    ...{ name: 'hengping parquet', kind: 'hengping', ending: 'parquet' },
    ...{ at: ['1e6', '1e7', '1e8'], line: fit('auto') },
  },
  { name: 'lme4', kind: 'lme4', ending: 'csv', at: UPTO(4), line: lme4([]) },
  { name: 'lme4 condVar', kind: 'lme4', ending: 'csv', at: UPTO(3), line: lme4(['condvar']) },
  { name: 'gpboost', kind: 'gpboost', ending: 'csv', at: UPTO(4), line: gpboost },
]

// Our own script has the library's name, and Python looks into the current folder first.
const WITHOUT_CWD = 'import sys; sys.path.pop(0); import gpboost'

const KINDS = {
  hengping: { runs: () => there(program, '--version'), hint: 'make build' },
  lme4: {
    runs: () => there('Rscript', '-e', 'library(lme4)'),
    hint: 'apt-get install r-cran-lme4 libopenblas0',
  },
  gpboost: {
    runs: () => there(python, '-c', WITHOUT_CWD),
    hint: 'pip install gpboost, where BENCH_PYTHON names that Python',
  },
}

/** Which of the wanted kinds can be run; `say` hears of the others. */
export const present = (wanted, say) =>
  wanted.filter((kind) => {
    const found = KINDS[kind]?.runs() ?? false
    if (!found) say(`skipped: ${kind} is not here${KINDS[kind] ? ` (${KINDS[kind].hint})` : ''}`)
    return found
  })

/** The ratings of a size, generated once. */
export const ratings = (size, ending, say) => {
  if (size === 'insteval') return process.env.BENCH_INSTEVAL
  const path = join(folder, `ratings-${size}-seed${SEED}.${ending}`)
  if (!existsSync(path)) {
    const [rows, raters, ratees] = SIZES[size]
    const counts = ['--rows', rows, '--raters', raters, '--ratees', ratees].map(String)
    const made = measured([program, 'ratings', ...counts, '--seed', SEED, '--out', path])
    say(`made ${path}: ${made.cpu.toFixed(1)} s of CPU, ${(made.peak / 1e6).toFixed(0)} MB`)
  }
  return path
}
