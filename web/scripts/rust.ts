/** The Rust half of the rounds (`src/domain/examples/rounds.rs`): a line out, a line back, in order. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

interface Heard {
  resolve: (word: unknown) => void
  reject: (error: Error) => void
}

export class Rust {
  readonly #child
  readonly #waiting: Heard[] = []
  readonly #ended: Promise<void>

  constructor(program: string) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.#waiting.shift()?.resolve(JSON.parse(line)),
    )
    this.#child.stdin.on('error', () => undefined)
    this.#ended = new Promise((resolve) => {
      const end = (reason: unknown) => {
        const error = new Error(`the Rust half ended: ${String(reason)}`)
        for (const each of this.#waiting.splice(0)) each.reject(error)
        resolve()
      }
      this.#child.on('error', end).on('close', end)
    })
  }

  /** @throws when the other half ends before it has answered. */
  ask<T>(line: { do: string; [field: string]: unknown }): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as Heard['resolve'], reject })
      this.#child.stdin.write(`${JSON.stringify(line)}\n`)
    })
  }

  async end(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }
}
