/**
 * What the measured runs have to show. Pure: numbers in, verdicts out; `bars.test.mjs` holds examples of both.
 * A run is `{ cpu, wall, peak, result, levels }` (seconds, seconds, bytes, the program's JSON, predictions by
 * `group,level`); runs are named `size -> tool -> run`. A bar whose tools did not run is `undefined`, never met.
 */

/** Most our CPU or memory may be of a peer's, in one run on one machine. */
export const RATIOS = [
  { size: 'insteval', ours: 'hengping', peer: 'lme4', what: 'cpu', most: 1 / 4 },
  { size: '1e6', ours: 'hengping', peer: 'lme4', what: 'cpu', most: 1 / 50 },
  { size: '1e6', ours: 'hengping', peer: 'lme4 condVar', what: 'cpu', most: 1 / 150 },
  { size: '1e6', ours: 'hengping', peer: 'lme4', what: 'peak', most: 1 / 5 },
  { size: '1e7', ours: 'hengping exact', peer: 'lme4', what: 'cpu', most: 1 / 15 },
  { size: '1e7', ours: 'hengping cg', peer: 'lme4', what: 'cpu', most: 1 / 60 },
  { size: '1e7', ours: 'hengping cg', peer: 'gpboost', what: 'cpu', most: 1 / 30 },
]

/** Most our largest run may take. */
export const LIMITS = [
  { size: '1e8', ours: 'hengping parquet', what: 'wall', most: 300 },
  { size: '1e8', ours: 'hengping parquet', what: 'peak', most: 4e9 },
]

/** Growth of CPU time as a power of the number of rows. */
export const GROWTH = { from: '1e6', to: '1e8', ours: 'hengping parquet', most: 1.2 }

/**
 * Most an estimate may differ. lme4 stops within 1e-5 or so of its own optimum. The iterative path estimates its traces
 * from random probes, so its variances carry noise of their own.
 */
export const AGREEMENT = {
  theta: { exact: 1e-4, cg: 1e-3 },
  levels: { exact: 1e-4, cg: 1e-3 },
  criterion: 1e-9,
  components: 2e-3,
}

const bar = (size, what, value, most) => ({
  size,
  what,
  value,
  most,
  met: value === undefined ? undefined : value <= most,
})

const largest = (values) =>
  values.reduce((most, value) => Math.max(most, Number.isFinite(value) ? value : Infinity), 0)

/** Largest relative difference of the ratios of standard deviations. */
export const thetaGap = (one, other) =>
  largest(Object.keys(other.theta).map((name) => Math.abs(one.theta[name] / other.theta[name] - 1)))

/** Largest difference of a level's prediction, in standard deviations of its factor's effects. */
export const levelGap = (one, other) => {
  if (!one.levels || !other.levels || one.levels.size !== other.levels.size) return Infinity
  const { theta, sigma } = other.result
  return largest(
    [...other.levels].map(([name, value]) => {
      const scale = theta[name.slice(0, name.indexOf(','))] * sigma
      return Math.abs(one.levels.get(name) - value) / scale
    }),
  )
}

/** Power of the number of rows by which CPU time grows. */
export const exponent = (few, many, rows) => Math.log(many.cpu / few.cpu) / Math.log(rows)

const isExact = (run) => run.result.path !== 'cg'

const agreement = (size, tools) => {
  const bars = []
  const { lme4 } = tools
  for (const [name, run] of Object.entries(tools)) {
    if (!name.startsWith('hengping') || !lme4) continue
    const kind = isExact(run) ? 'exact' : 'cg'
    bars.push(
      bar(
        size,
        `${name}: theta against lme4`,
        thetaGap(run.result, lme4.result),
        AGREEMENT.theta[kind],
      ),
    )
    bars.push(
      bar(
        size,
        `${name}: predictions against lme4, in sd`,
        levelGap(run, lme4),
        AGREEMENT.levels[kind],
      ),
    )
    if (kind === 'exact')
      bars.push(
        bar(
          size,
          `${name}: criterion above lme4's`,
          run.result.criterion / lme4.result.criterion - 1,
          AGREEMENT.criterion,
        ),
      )
  }
  const [exact, cg] = [tools['hengping exact'], tools['hengping cg']]
  if (exact && cg) {
    const variance = ({ theta, sigma }, name) =>
      (name === 'rest' ? sigma : sigma * theta[name]) ** 2
    const names = ['rest', ...Object.keys(exact.result.theta)]
    const gaps = names.map((name) =>
      Math.abs(variance(cg.result, name) / variance(exact.result, name) - 1),
    )
    bars.push(
      bar(size, 'hengping cg: variances against exact', largest(gaps), AGREEMENT.components),
    )
  }
  return bars
}

/** Every bar of the sizes that were run. */
export const judge = (runs) => {
  const bars = []
  for (const { size, ours, peer, what, most } of RATIOS) {
    if (!runs[size]) continue
    const [mine, theirs] = [runs[size][ours], runs[size][peer]]
    bars.push(
      bar(size, `${ours}: ${what} / ${peer}`, mine && theirs && mine[what] / theirs[what], most),
    )
  }
  for (const { size, ours, what, most } of LIMITS)
    if (runs[size]) bars.push(bar(size, `${ours}: ${what}`, runs[size][ours]?.[what], most))
  const [few, many] = [runs[GROWTH.from]?.[GROWTH.ours], runs[GROWTH.to]?.[GROWTH.ours]]
  if (few && many) {
    const value = exponent(few, many, Number(GROWTH.to) / Number(GROWTH.from))
    bars.push(
      bar(GROWTH.to, `${GROWTH.ours}: growth of CPU from ${GROWTH.from}`, value, GROWTH.most),
    )
  }
  for (const [size, tools] of Object.entries(runs)) bars.push(...agreement(size, tools))
  return bars
}
