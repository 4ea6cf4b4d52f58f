/**
 * Runs a command and says what the whole process cost: CPU seconds (user and system, of its children too), seconds by
 * the wall, peak resident memory. GNU time does the counting where it is installed, else Python's os.wait4: node itself
 * cannot ask the system what a child has used.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const WAIT = `
import json, os, sys, time
start = time.monotonic()
child = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as out:
    out.write("%.6f %.6f %.6f %d" % (used.ru_utime, used.ru_stime, time.monotonic() - start, used.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`

/** Whether a command can be run at all. */
export const there = (command, ...args) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** The command line in front of a measured one; its result goes to the file `out`. */
const counter = (out) => {
  for (const time of ['time', '/usr/bin/time'])
    if (there(time, '--version')) return [time, '-q', '-f', '%U %S %e %M', '-o', out]
  if (there('python3', '--version')) return ['python3', '-c', WAIT, out]
  throw new Error('neither GNU time nor python3 is there to count with: apt-get install time')
}

/** Runs a command line; throws with what it said when it fails. */
export const measured = (line, env = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'hengping-bench.'))
  const out = join(folder, 'used')
  try {
    const [command, ...args] = [...counter(out), ...line]
    const done = spawnSync(command, args, {
      env: { ...process.env, ...env },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (done.status !== 0)
      throw new Error(
        `${line.join(' ')}: exit ${done.status}\n${done.stderr?.slice(-2000)}${done.stdout?.slice(-500)}`,
      )
    const [user, system, wall, kibibytes] = readFileSync(out, 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number)
    return { cpu: user + system, wall, peak: kibibytes * 1024, said: done.stdout }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The last JSON object a program printed; lines of progress may come before it. */
export const lastJson = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    const lines = text.trim().split('\n')
    for (let from = lines.length - 1; from >= 0; from -= 1)
      if (lines[from].startsWith('{'))
        try {
          return JSON.parse(lines.slice(from).join('\n'))
        } catch {
          // An earlier line may begin the object.
        }
  }
  return undefined
}
