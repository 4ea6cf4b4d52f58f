/** The measured runs as text: costs and ratios, where the time goes, growth, bars. Pure, and no judgement of its own. */
import { exponent } from './bars.mjs'

export const mega = (bytes) => (bytes / 1e6).toFixed(0)
const short = (value) => {
  if (value === undefined) return '-'
  const small = value !== 0 && Math.abs(value) < 1e-3
  return small ? value.toExponential(1) : String(Number(value.toPrecision(3)))
}

const table = (rows) => {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)))
  const line = (row) =>
    row.map((cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

/** How many times our CPU and memory each tool took, beside what it took. */
export const costs = (runs) => {
  const rows = Object.entries(runs).flatMap(([size, tools]) => {
    const ours = tools.hengping ?? tools['hengping parquet']
    return Object.entries(tools).map(([name, run]) => [
      ...[`${size} ${name}`, short(run.cpu), short(run.wall), mega(run.peak), String(run.runs)],
      ...[short(ours && run.cpu / ours.cpu), short(ours && run.peak / ours.peak)],
    ])
  })
  return table([['', 'CPU s', 'wall s', 'peak MB', 'runs', 'CPU x', 'peak x'], ...rows])
}

/** Shares of the phases each program reports of itself. */
export const phases = (runs) =>
  Object.entries(runs)
    .flatMap(([size, tools]) =>
      Object.entries(tools).map(([name, run]) => {
        const parts = Object.entries(run.result?.seconds ?? {}).filter(([at]) => at !== 'total')
        const whole = parts.reduce((sum, [, seconds]) => sum + seconds, 0)
        const share = (seconds) => `${((100 * seconds) / whole).toFixed(0)} %`
        return `${size} ${name}: ${parts.map(([at, seconds]) => `${at} ${share(seconds)}`).join(', ')}`
      }),
    )
    .join('\n')

/** Power of the rows by which our CPU time grows between sizes that follow each other; `rows` by size. */
export const growth = (runs, rows) => {
  const lines = ['hengping', 'hengping parquet'].flatMap((name) => {
    const at = Object.keys(rows).filter((size) => runs[size]?.[name])
    return at.slice(1).map((size, index) => {
      const [few, many] = [at[index], size]
      const power = exponent(runs[few][name], runs[many][name], rows[many] / rows[few])
      return `${name} ${few} to ${many}: rows ^ ${power.toFixed(2)}`
    })
  })
  return lines.join('\n') || 'one size shows none'
}

/** One line a bar. */
export const verdicts = (bars) => {
  const word = ({ met }) => (met === undefined ? 'not judged' : met ? 'met' : 'MISSED')
  const rows = bars.map((b) => [`${b.size} ${b.what}`, short(b.value), short(b.most), word(b)])
  return table([['bar', 'value', 'at most', ''], ...rows])
}
