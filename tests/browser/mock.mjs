/**
 * A stand-in for the server while pages are developed: contract-shaped answers from memory, the real policy headers,
 * the built pages of web/dist. Not part of the product and never reachable from it.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import * as lib from '../../web/tools/lib.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const hex = (bytes) => Buffer.from(bytes).toString('hex')
const b64 = (bytes) => Buffer.from(bytes).toString('base64url')
const H = (...parts) => lib.sha256(Buffer.concat(parts.map((p) => Buffer.from(p))))
const seedOf = (text) => H(text)
const toml = (path) =>
  JSON.parse(execFileSync('python3', ['-c', 'import tomllib,json,sys;print(json.dumps(tomllib.load(open(sys.argv[1],"rb"))))', `${root}${path}`]).toString())
const docHash = (body) => hex(H(lib.canonicalize(body)))

const signing = Object.fromEntries(['bench', 'bar'].map((side) => [side, seedOf(`sign ${side}`)]))
const signPublic = Object.fromEntries(Object.entries(signing).map(([s, k]) => [s, b64(lib.ed25519.getPublicKey(k))]))
export const keyFile = (side) => ({ v: 1, side, purpose: 'signing', public: signPublic[side], secret: b64(signing[side]) })
const sign = (kind, hash, side) => ({
  side, key: signPublic[side], signed_on: '2026-01-05',
  signature: b64(lib.ed25519.sign(Buffer.from(`hengping/v1/document\n${kind}\n${hash}`), signing[side])),
})
const suite = new lib.CipherSuite(lib.KEM_MLKEM768_X25519, lib.KDF_HKDF_SHA256, lib.AEAD_AES_256_GCM)
const opening = {}
for (const side of ['bench', 'bar']) {
  const pair = await suite.DeriveKeyPair(seedOf(`open ${side}`), true)
  opening[side] = b64(await suite.SerializePublicKey(pair.publicKey))
}

const rubrics = { bar_rates_bench: toml('config/rubrics/bar-rates-bench-v1.toml'), bench_rates_bar: toml('config/rubrics/bench-rates-bar-v1.toml') }
const charter = toml('config/charters/qingdao-v1.toml')
const rubricHash = Object.fromEntries(Object.entries(rubrics).map(([d, body]) => [d, docHash(body)]))
const charterHash = docHash(charter)
const documents = [
  ...Object.entries(rubrics).map(([d, body]) => ({ hash: rubricHash[d], kind: 'rubric', body, title: body.title })),
  { hash: charterHash, kind: 'charter', body: charter, title: charter.title },
].map((d) => ({ ...d, in_force_from: '2025-07-01', signatures: [sign(d.kind, d.hash, 'bench'), sign(d.kind, d.hash, 'bar')] }))

const PERIODS = [
  { id: '2025-pilot', title: { zh: '2025 年下半年试运行', en: 'Trial operation, second half of 2025' }, kind: 'pilot', starts_on: '2025-07-01', ends_on: '2025-12-31', cast_until: '2026-01-31', state: 'released', box: 'opened' },
  { id: '2026', title: { zh: '2026 年度', en: '2026' }, kind: 'regular', starts_on: '2026-01-01', ends_on: '2026-12-31', cast_until: '2027-01-31', state: 'open', box: 'open' },
]
const boxes = {}
const periods = PERIODS.map(({ box, ...period }) => {
  const list = ['bar_rates_bench', 'bench_rates_bar'].map((direction) => {
    const id = `${period.id}.${direction}`
    const body = { v: 1, suite: 'HPB1', box: id, period: period.id, direction, kind: period.kind, rubric: rubricHash[direction], charter: charterHash, cast_until: period.cast_until, opening, signing: signPublic }
    const hash = docHash(body)
    boxes[id] = {
      id, period: period.id, direction, state: box, manifest: { hash, body, signatures: [sign('manifest', hash, 'bench'), sign('manifest', hash, 'bar')] },
      counts: box === 'opened' ? { invited: 3810, issued: 2904, sealed: 1731, refused: 2, invalid: 0, duplicate: 0, valid: 1729 } : { issued: 2310 },
      casts: new Map(), leaves: Array.from({ length: 57 }, (_, i) => hex(H(`${id}${i}`))),
      tokens: new Map(),
    }
    return { id, direction, rubric: rubricHash[direction], state: box, manifest: hash }
  })
  return { ...period, charter: charterHash, boxes: list }
})

const courts = readFileSync(new URL('./courts.csv', import.meta.url), 'utf8').trim().split('\n').slice(1).map((line) => { const [code, name, short] = line.split(','); return { code, name, short } })
const step = 0.1
const cell = (scope, subject, measure, audience, verdict, extra = {}) => ({ id: `${scope}.${subject}.${measure}.${audience}`, scope, subject, measure, audience, verdict, flags: [], rules: ['R2'], ...extra })
function cells(direction, pilot) {
  const out = []
  const flags = pilot ? ['pilot'] : []
  const verdict = pilot ? 'publish_flagged' : 'publish'
  const rules = pilot ? ['R2', 'R13'] : ['R2', 'R8']
  const items = rubrics[direction].items
  out.push(cell('system', 'city', 'score', 'public', verdict, { flags, rules, reason: { code: 'met', numbers: { n: 866, k: 30 } }, n_band: '850-899', value: 4.1, step, interval: [4.0, 4.2], raw: 4.0, reliability_band: '0.9-1.0' }))
  out.push(cell('system', 'city', 'outcome_effect', 'public', verdict, { flags, rules, n_band: '850-899', value: 0.29, step: 0.01, interval: [0.24, 0.34] }))
  out.push(cell('system', 'city', 'response', 'public', verdict, { flags, rules, value: 0.45, step: 0.05 }))
  items.forEach((item, i) => out.push(cell('system', 'city', `item:${item.id}`, 'public', verdict, { flags, rules, n_band: '850-899', value: 3.8 + ((i * 7) % 5) / 10, step, interval: [3.7 + ((i * 7) % 5) / 10, 3.9 + ((i * 7) % 5) / 10], raw: 3.7 + ((i * 5) % 6) / 10 })))
  courts.forEach((court, i) => {
    const hidden = i === 10
    out.push(hidden
      ? cell('court', court.code, 'score', 'public', 'withhold', { rules: ['R2'], reason: { code: 'too-few-raters', numbers: { n: '20-24', minimum: 30 } } })
      : cell('court', court.code, 'score', 'public', verdict, { flags, rules, reason: { code: 'met', numbers: { n: 60 + i, k: 30 } }, n_band: '60-79', value: 3.8 + ((i * 3) % 7) / 10, step, interval: [3.6 + ((i * 3) % 7) / 10, 4.0 + ((i * 3) % 7) / 10], raw: 3.7 + ((i * 5) % 8) / 10, reliability_band: '0.8-0.9', tier: 'not_distinguishable' }))
  })
  for (let i = 0; i < 300; i++) {
    const good = i % 3 === 0
    out.push(cell('person', `judge-${String(i + 1).padStart(4, '0')}`, 'score', 'self', good ? (pilot ? 'publish_flagged' : 'publish') : i % 3 === 1 ? 'publish_flagged' : 'withhold', {
      flags: [...flags, ...(i % 3 === 1 ? ['provisional'] : [])], rules: i % 3 === 2 ? ['R17'] : ['R13', 'R17'],
      reason: i % 3 === 2 ? { code: 'reliability-too-low', numbers: { reliability: '0.4-0.5', minimum: 0.5 } } : { code: 'met', numbers: { n: 14, k: 10 } },
    }))
    out.push(cell('person', `judge-${String(i + 1).padStart(4, '0')}`, 'score', 'sides', 'withhold', { rules: pilot ? ['R13'] : ['R2'], reason: { code: pilot ? 'pilot' : 'too-few-raters', numbers: { n: '10-14', minimum: 20 } } }))
  }
  return out
}
const releases = []
for (const [period, state] of [['2025-pilot', 'released'], ['2026', 'draft']]) {
  for (const direction of ['bar_rates_bench', 'bench_rates_bar']) {
    const id = `${period}.${direction}`
    const hash = hex(H(`release ${id}`))
    releases.push({
      hash, box: id, period, direction, kind: period === '2026' ? 'regular' : 'pilot', state, released_on: state === 'released' ? '2026-02-20' : null, flags: period === '2026' ? [] : ['pilot'],
      signatures: state === 'released' ? [sign('release', hash, 'bench'), sign('release', hash, 'bar')] : [sign('release', hash, 'bench')],
      rubric: rubricHash[direction], charter: charterHash, manifest: boxes[id].manifest.hash, counts: boxes['2025-pilot.' + direction].counts, figures: ['caterpillar', 'raw-adjusted'], cells: cells(direction, period !== '2026'),
    })
  }
}
const head = ({ cells: _, ...rest }) => rest

const accounts = {
  lawyer: { id: 'a1', login: 'lawyer', name: '陈思远', side: 'bar', roles: ['rater'] },
  lawyer2: { id: 'a9', login: 'lawyer2', name: '刘一鸣', side: 'bar', roles: ['rater'] },
  judge: { id: 'a2', login: 'judge', name: '王建国', side: 'bench', roles: ['rater'] },
  'bench-negotiator': { id: 'a3', login: 'bench-negotiator', name: '孙正', side: 'bench', roles: ['negotiator'] },
  'bar-negotiator': { id: 'a4', login: 'bar-negotiator', name: '赵敏', side: 'bar', roles: ['negotiator'] },
  'bar-key': { id: 'a5', login: 'bar-key', name: '周航', side: 'bar', roles: ['key_holder'] },
  operator: { id: 'a6', login: 'operator', name: '运维值班', roles: ['operator'] },
  researcher: { id: 'a7', login: 'researcher', name: '研究人员', roles: ['researcher'] },
  coordinator: { id: 'a8', login: 'coordinator', name: '联络人', side: 'bench', roles: ['coordinator'] },
}
const sessions = new Map()
const recused = new Set()
const names = ['王建国', '李晓梅', '赵振华', '孙丽', '周志强']
const causes = ['买卖合同纠纷', '劳动争议', '建设工程施工合同纠纷', '机动车交通事故责任纠纷', '民间借贷纠纷']
function invitations(account) {
  const direction = account.side === 'bench' ? 'bench_rates_bar' : 'bar_rates_bench'
  const box = boxes[`2026.${direction}`]
  const period = periods[1]
  const items = [0, 1, 2, 3].map((i) => {
    const court = courts[i * 2 + 1]
    const id = `${account.id}-inv-${i}`
    const slip = { ratee: `judge-${i}`, court: court.code, stratum: 'civil.for', rubric: rubricHash[direction] }
    return {
      id, state: recused.has(id) ? 'recused' : box.tokens.has(id) ? 'issued' : 'waiting', case_number: `（2026）${court.code}民初${1234 + i * 357}号`, court, cause: causes[i], case_type: 'civil',
      effective_on: `2026-10-${12 + i * 4}`, days_left: [9, 17, 30, 61][i], cast_until: '2027-01-31',
      ratee: direction === 'bar_rates_bench' ? { name: names[i], function: 'handling' } : { name: '陈思远', function: 'counsel' },
      organisation: direction === 'bar_rates_bench' ? null : '山东琴岛律师事务所',
      slip: { ...slip, info: `v1|slip|2026|${direction}|${slip.ratee}|${slip.court}|${slip.stratum}|${slip.rubric}` }, not_applicable: i === 2 ? ['issues', 'guidance', 'equal-hearing'] : [],
    }
  })
  return { period: { id: period.id, title: period.title, kind: period.kind, cast_until: period.cast_until }, box: box.id, direction, home: '鲁0203', role: 'lawyer', nym_info: `v1|nym|2026|${direction}|鲁0203|lawyer`, items }
}
const merkle = (leaves) => {
  if (leaves.length === 0) return H('')
  if (leaves.length === 1) return leaves[0]
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return H(Buffer.of(1), merkle(leaves.slice(0, k)), merkle(leaves.slice(k)))
}
const imports = []
const unmatched = [
  { name: '王伟', organisation: '山东齐鲁（青岛）律师事务所', function: 'counsel', cases: 3, candidates: 2 },
  { name: '李静', organisation: '北京市某某（青岛）律师事务所', function: 'counsel', cases: 1, candidates: 0 },
  { name: '张磊', organisation: '市北法院', function: 'handling', cases: 2, candidates: 2 },
]
const importSummary = (dry_run) => ({
  id: `imp-${imports.length + 1}`, dry_run, imported_on: '2026-11-23', file_name: 'docket-2026-10.csv', rows: 1506, cases_new: 1391, cases_same: 96, cases_changed: 7, people_new: 212, unmatched: 3, problem_count: 12,
  problems: [
    [18, '案号', 'case-number', '（2026）鲁0202民初号', '案号缺少序号', 'the case number has no serial number'],
    [57, '生效日期', 'date', '2026-13-04', '日期不存在', 'there is no such day'],
    [203, '结案方式', 'word', '撒诉', '不是目录中的结案方式', 'not a way of closing from the list'],
    [377, '承办法官', 'missing', '', '缺少承办法官', 'the judge in charge is missing'],
    [840, '法院', 'court', '鲁0299', '没有这个法院代码', 'no such court code'],
  ].map(([line, column, code, value, zh, en]) => ({ line, column, code, value, message: { zh, en } })),
})

const HEADERS = {
  'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue",
  'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cross-Origin-Opener-Policy': 'same-origin',
}
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', json: 'application/json' }
const svg = (name) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" font-family="Noto Sans CJK SC, sans-serif"><rect width="640" height="360" fill="#fff"/><text x="24" y="36" font-size="18" fill="#1b2a41">${name === 'caterpillar' ? '各法院结果的误差区间大多重叠' : '校正后，多数法院与原始均值相近'}</text>${courts.map((c, i) => `<text x="24" y="${74 + i * 24}" font-size="13" fill="#4a5a70">${c.short}</text><line x1="${200 + (i * 37) % 160}" x2="${320 + (i * 37) % 160}" y1="${70 + i * 24}" y2="${70 + i * 24}" stroke="#23527c" stroke-width="3"/><circle cx="${260 + (i * 37) % 160}" cy="${70 + i * 24}" r="5" fill="#23527c"/>`).join('')}</svg>`

const boxHeaders = []
export function start(port = 0) {
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const url = new URL(request.url, 'http://x')
    const path = decodeURIComponent(url.pathname)
    const send = (status, body, type = 'application/json') => {
      response.writeHead(status, { ...HEADERS, 'Content-Type': type })
      response.end(body === undefined ? '' : type === 'application/json' ? JSON.stringify(body) : body)
    }
    const refuse = (status, code) => send(status, { type: `/problems/${code}`, title: code, status, code, detail: '（服务器说明）' })
    const sid = /__Host-hengping=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
    const account = sessions.get(sid) ?? null
    const officer = account?.roles.some((r) => ['negotiator', 'key_holder', 'coordinator'].includes(r))
    const json = () => { try { return JSON.parse(raw.toString()) } catch { return {} } }
    const key = `${request.method} ${path}`
    let m
    if (key === 'GET /api/session') return send(200, { account, demo: true, today: '2026-11-23', pilot: process.env.MOCK_PILOT !== '0' })
    if (key === 'POST /api/session') {
      const found = accounts[json().login]
      if (!found || json().password !== 'demo') return refuse(401, 'sign-in-refused')
      const id = b64(crypto.getRandomValues(new Uint8Array(16)))
      sessions.set(id, found)
      response.setHeader('Set-Cookie', `__Host-hengping=${id}; HttpOnly; Secure; SameSite=Strict; Path=/`)
      return send(200, { account: found })
    }
    if (key === 'DELETE /api/session') { sessions.delete(sid); return send(204) }
    if (key === 'GET /api/periods') return send(200, periods)
    if (key === 'GET /api/documents') return send(200, documents.map(({ body: _, ...d }) => d))
    if ((m = /^GET \/api\/documents\/(\w+)$/.exec(key))) { const d = documents.find((x) => x.hash === m[1]); return d ? send(200, d) : refuse(404, 'not-found') }
    if ((m = /^GET \/api\/rubrics\/(\w+)$/.exec(key))) { const d = documents.find((x) => x.hash === m[1] && x.kind === 'rubric'); return d ? send(200, d.body) : refuse(404, 'not-found') }
    if (key === 'GET /api/invitations') return account ? send(200, invitations(account)) : refuse(401, 'sign-in-required')
    if (key === 'POST /api/tokens') {
      const body = json(); const box = boxes[body.box]
      for (const t of body.tokens) { const old = box.tokens.get(t.invitation); if (old && old !== t.stamp_hash) return refuse(409, 'issued-elsewhere') }
      for (const t of body.tokens) box.tokens.set(t.invitation, t.stamp_hash)
      return send(200, { issued: body.tokens.length })
    }
    if ((m = /^POST \/api\/invitations\/(.+)\/recusal$/.exec(key))) { recused.add(m[1]); return send(204) }
    if ((m = /^GET \/api\/boxes\/([\w.-]+)$/.exec(key))) { const { casts, leaves, tokens, ...b } = boxes[m[1]]; return send(200, b) }
    if ((m = /^GET \/api\/boxes\/([\w.-]+)\/log$/.exec(key))) {
      const box = boxes[m[1]]; const leaves = [...box.leaves, ...[...box.casts.values()].map((c) => c.leaf)].sort()
      return send(200, { size: leaves.length, root: hex(merkle(leaves.map((l) => Buffer.from(l, 'hex')))), leaves, batches: 3, waiting: 0 })
    }
    if ((m = /^GET \/api\/boxes\/([\w.-]+)\/counted$/.exec(key))) { const b = boxes[m[1]]; return b.state === 'opened' ? send(200, { counts: b.counts, counted: b.leaves.slice(0, 50) }) : refuse(404, 'not-found') }
    if ((m = /^POST \/api\/boxes\/([\w.-]+)\/close$/.exec(key))) { boxes[m[1]].state = 'closed'; periods.flatMap((p) => p.boxes).find((b) => b.id === m[1]).state = 'closed'; return send(200, { state: 'closed' }) }
    if (key === 'POST /box') {
      boxHeaders.push({ ...request.headers, size: raw.length })
      const c = json(); const box = boxes[c.box]; const envelope = Buffer.from(c.envelope ?? '', 'base64url')
      if (envelope.length !== 4468) return refuse(422, 'envelope-malformed')
      const stamp = Buffer.from(c.stamp, 'base64url')
      const known = [...(box?.tokens.values() ?? [])].includes(hex(H('hengping/v1/stamp', stamp)))
      const message = Buffer.concat([Buffer.from(`hengping/v1/cast\n${c.box}\n${c.seq}\n`), H(envelope)])
      if (!known || !lib.ed25519.verify(Buffer.from(c.signature, 'base64url'), message, stamp)) return refuse(409, 'cast-refused')
      const leaf = hex(H(Buffer.of(0), stamp, H(envelope)))
      const old = box.casts.get(c.stamp)
      if (old && old.leaf !== leaf && old.seq >= c.seq) return refuse(409, 'cast-refused')
      box.casts.set(c.stamp, { seq: c.seq, leaf })
      return send(200, { leaf, box: c.box, status: 'stored' })
    }
    if (key === 'GET /mock/box-headers') return send(200, boxHeaders)
    if (key === 'GET /api/my-result') {
      if (account?.side === 'bar') return send(200, { results: [] })
      const items = rubrics.bar_rates_bench.items.map((item, i) => ({ item: item.id, title: item.title, value: i === 5 ? null : [4.5, 4.2, 4.1, 4.6, 4.4, 0, 3.9, 4.0][i], interval: i === 5 ? null : [[4.2, 4.8], [3.9, 4.5], [3.8, 4.4], [4.3, 4.9], [4.1, 4.7], null, [3.5, 4.3], [3.7, 4.3]][i], withheld: i === 5 ? 'too-little' : null }))
      return send(200, { results: [
        { release: releases[2].hash, period: periods[1], direction: 'bar_rates_bench', rubric: rubricHash.bar_rates_bench, flags: [], withheld: null, items, group: { lo: 3.7, hi: 4.3 }, moved: { severity: 0.2, outcome: 0.1 }, audience_words: charter.audience.self, cell: cell('person', 'me', 'score', 'self', 'publish', { n_band: '20-24', value: 4.2, step: 0.2, interval: [3.9, 4.5], raw: 3.9, reliability_band: '0.7-0.8' }) },
        { release: releases[0].hash, period: periods[0], direction: 'bar_rates_bench', flags: ['pilot'], withheld: 'too-little', items: [], group: null, moved: null, audience_words: null, cell: null },
      ] })
    }
    const visible = (r) => officer || r.state === 'released'
    const cut = (r) => ({ ...r, cells: officer ? r.cells : r.cells.filter((c) => c.audience === 'public' && c.verdict !== 'withhold').map(({ reason: _, ...c }) => c) })
    if (key === 'GET /api/releases') return send(200, releases.filter(visible).map(head))
    if ((m = /^GET \/api\/releases\/(\w+)$/.exec(key))) { const r = releases.find((x) => x.hash === m[1] && visible(x)); return r ? send(200, cut(r)) : refuse(404, 'not-found') }
    if ((m = /^GET \/api\/releases\/\w+\/figures\/([\w-]+)\.svg$/.exec(key))) return send(200, svg(m[1]), TYPES.svg)
    if ((m = /^POST \/api\/releases\/(\w+)\/signatures$/.exec(key))) {
      const r = releases.find((x) => x.hash === m[1]); const s = json()
      const ok = lib.ed25519.verify(Buffer.from(s.signature, 'base64url'), Buffer.from(`hengping/v1/document\nrelease\n${r.hash}`), Buffer.from(s.key, 'base64url'))
      if (!ok || s.key !== signPublic[s.side]) return refuse(422, 'signature-refused')
      r.signatures.push({ ...s, signed_on: '2026-11-23' })
      if (r.signatures.length === 2) { r.state = 'released'; r.released_on = '2026-11-23' }
      return send(200, { state: r.state })
    }
    if (key === 'POST /api/docket/imports') { const s = importSummary(url.searchParams.get('dry_run') === 'true'); if (!s.dry_run) imports.unshift(s); return setTimeout(() => send(200, s), 400) }
    if (key === 'GET /api/docket/imports') return send(200, imports)
    if (key === 'GET /api/docket/unmatched') return send(200, unmatched)
    if (path.startsWith('/api/')) return refuse(404, 'not-found')
    const file = path.startsWith('/assets/') ? path.slice(1) : path === '/r' || path.startsWith('/r/') ? 'r/index.html' : 'index.html'
    try {
      send(200, readFileSync(`${root}web/dist/${file}`), TYPES[file.split('.').pop()] ?? 'application/octet-stream')
    } catch { refuse(404, 'not-found') }
  })
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start(Number(process.env.PORT ?? 8099))
  console.log(`http://127.0.0.1:${server.address().port}`)
}
