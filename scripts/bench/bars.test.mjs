/** `node --test scripts/bench`: the judge must be able to say no. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './bars.mjs'
import { lastJson, measured } from './measure.mjs'

const run = (cpu, more = {}) => ({
  ...{
    cpu,
    wall: cpu,
    peak: 1e8,
    levels: new Map([
      ['s,1', 0.5],
      ['d,1', -0.25],
    ]),
  },
  ...{ result: { path: 'exact', theta: { s: 0.25, d: 0.5 }, sigma: 1, criterion: 1000 } },
  ...more,
})
const verdicts = (runs) =>
  Object.fromEntries(judge(runs).map(({ size, what, met }) => [`${size} ${what}`, met]))

test('ratios are met at the bar, missed above it, and not judged without the peer', () => {
  const at = (ours, memory) => ({
    '1e6': { hengping: run(ours, { peak: memory }), lme4: run(50, { peak: 5e8 }) },
  })
  assert.equal(verdicts(at(1, 1e8))['1e6 hengping: cpu / lme4'], true)
  assert.equal(verdicts(at(1.01, 1e8))['1e6 hengping: cpu / lme4'], false)
  assert.equal(verdicts(at(1, 1.1e8))['1e6 hengping: peak / lme4'], false)
  assert.equal(verdicts(at(1, 1e8))['1e6 hengping: cpu / lme4 condVar'], undefined)
  assert.equal(verdicts({ '1e6': { hengping: run(1) } })['1e6 hengping: cpu / lme4'], undefined)
})

test('estimates that differ, or are not there, are missed', () => {
  const against = (mine) => verdicts({ insteval: { hengping: mine, lme4: run(20) } })
  const [theta, levels] = ['theta against lme4', 'predictions against lme4, in sd'].map(
    (w) => `insteval hengping: ${w}`,
  )
  assert.equal(against(run(1))[theta], true)
  const result = (more) => run(1, { result: { ...run(1).result, ...more } })
  assert.equal(against(result({ theta: { s: 0.25, d: 0.5002 } }))[theta], false)
  assert.equal(against(result({ theta: { s: 0.25, d: 0.5002 }, path: 'cg' }))[theta], true)
  assert.equal(against(result({ theta: { s: 0.25, d: 0.501 }, path: 'cg' }))[theta], false)
  assert.equal(against(result({ theta: { s: 0.25 } }))[theta], false)
  assert.equal(
    against(result({ criterion: 1000.01 }))["insteval hengping: criterion above lme4's"],
    false,
  )
  assert.equal(
    against(
      run(1, {
        levels: new Map([
          ['s,1', 0.5],
          ['d,1', -0.2501],
        ]),
      }),
    )[levels],
    false,
  )
  assert.equal(against(run(1, { levels: new Map([['s,1', 0.5]]) }))[levels], false)
})

test('growth and the limits of the largest size', () => {
  const grown = (cpu, peak) => ({
    '1e6': { 'hengping parquet': run(1) },
    '1e8': { 'hengping parquet': run(cpu, { peak }) },
  })
  const [growth, wall, peak] = ['growth of CPU from 1e6', 'wall', 'peak'].map(
    (what) => `1e8 hengping parquet: ${what}`,
  )
  assert.equal(verdicts(grown(250, 3.9e9))[growth], true)
  assert.equal(verdicts(grown(252, 3.9e9))[growth], false)
  assert.equal(verdicts(grown(301, 3.9e9))[wall], false)
  assert.equal(verdicts(grown(250, 4.1e9))[peak], false)
})

test('a measured process is charged with what it used', () => {
  const work =
    'const a = Buffer.alloc(2e8, 1); const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end) for (let i = 0; i < 1e6; i += 1);'
  const { cpu, peak, said } = measured(['node', '-e', `${work} console.log('{"a": 1}')`])
  assert.ok(cpu >= 0.3 && cpu < 5, `${cpu}`)
  assert.ok(peak >= 2e8 && peak < 4e8, `${peak}`)
  assert.deepEqual(lastJson(said), { a: 1 })
  assert.throws(() => measured(['node', '-e', 'process.exit(3)']), /exit 3/)
})

test('the last JSON object is found behind lines of progress', () => {
  assert.deepEqual(lastJson('{"stage": "read"}\n{\n "n": 2\n}\n'), { n: 2 })
  assert.deepEqual(lastJson('{"stage": "read"}\n{"n": 3}\n'), { n: 3 })
  assert.equal(lastJson('nothing'), undefined)
})
