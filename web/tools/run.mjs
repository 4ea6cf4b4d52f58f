/** Runs the `main` of a TypeScript module of this project in node: `node web/tools/run.mjs FILE [ARGUMENT..]`. */
import { resolve } from 'node:path'
import { runnerImport } from 'vite'

const { module } = await runnerImport(resolve(process.argv[2]), {
  configFile: false,
  logLevel: 'error',
})
await module.main(process.argv.slice(3))
