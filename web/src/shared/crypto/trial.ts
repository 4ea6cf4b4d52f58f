/**
 * A box with all its keys in one hand, as only tests may have it: the manifest both sides signed, and what both agents
 * and the relay answer. No page imports it (a test keeps it so).
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import type { BoxDetail, ManifestBody, Side, SideKeys, Signature, Signed } from '../types'
import { b64, fromB64, systemEntropy } from './bytes'
import * as agent from './counterpart'
import { SIDES, type BoxName, boxId, infoOf } from './derive'
import { documentHash, signDocument } from './document'
import type { TokenRequest } from './request'
import { SUITE, hpkeSuite } from './seal'

interface Pair {
  secret: Uint8Array
  public: string
}

function signing(): Pair {
  const secret = systemEntropy(32)
  return { secret, public: b64(ed25519.getPublicKey(secret)) }
}

async function locking(): Promise<Pair> {
  const suite = hpkeSuite()
  const pair = await suite.GenerateKeyPair(true)
  const secret = await suite.SerializePrivateKey(pair.privateKey)
  return { secret, public: b64(await suite.SerializePublicKey(pair.publicKey)) }
}

function issuing(): Pair {
  const pair = agent.issuerKeyPair(systemEntropy(32), 'trial')
  return { secret: pair.secretKey, public: b64(pair.publicKey) }
}

type SecretKeys = Record<keyof SideKeys, Pair>

const side = async (): Promise<SecretKeys> => ({
  ...{ signing: signing(), agent: signing(), issuer: issuing() },
  ...{ mix: await locking(), opening: await locking() },
})

const publicKeys = (keys: SecretKeys): SideKeys => ({
  ...{ signing: keys.signing.public, agent: keys.agent.public, issuer: keys.issuer.public },
  ...{ mix: keys.mix.public, opening: keys.opening.public },
})

/** What an agent looks up in its cosigned lists: the facts of each invitation, and home and role of the rater. */
export interface TrialLists {
  home: string
  role: string
  slips: Record<string, { ratee: string; court: string; stratum: string; rubric: string }>
}

export async function trialBox(name: BoxName, rubric: string, relayOrigin: string) {
  const keys = { bench: await side(), bar: await side() }
  const receipt = signing()
  const body: ManifestBody = {
    ...{ v: 2, suite: SUITE, box: boxId(name), ...name, kind: 'regular', rubric },
    ...{ charter: 'c'.repeat(64), cast_until: '2027-01-31' },
    ...{ bench: publicKeys(keys.bench), bar: publicKeys(keys.bar), platform: signing().public },
    ...{ relay: { origin: relayOrigin, receipt: receipt.public }, front_end: 'f'.repeat(64) },
  }
  const hash = documentHash(body)
  const signatures = SIDES.map((each) => ({
    ...{ side: each, key: keys[each].signing.public, signed_on: '2026-01-01' },
    signature: b64(signDocument(keys[each].signing.secret, 'manifest', hash)),
  })) as Signature[]
  const box = body.box
  const says = (each: Side, kind: string, fields: object): Signed =>
    agent.signStatement(keys[each].agent.secret, {
      ...{ v: 1, kind, box, side: each },
      ...fields,
    })
  return {
    ...{ box, body, keys, says },
    detail: {
      ...{ id: box, ...name, state: 'open', manifest: { body, hash, signatures } },
      statements: SIDES.map((each) => says(each, 'adopted', { manifest: hash })),
    } as unknown as BoxDetail,
    receiptOf: (cast: { box: string; leaf: string; seq: number }) =>
      agent.signReceipt(receipt.secret, cast),
    /** One agent's answer to a request: every element it is asked for, under the info of its own lists. */
    evaluates(each: Side, request: TokenRequest, lists: TrialLists): Signed {
      const one = (info: string, element: string) =>
        agent.evaluate(keys[each].issuer.secret, info, fromB64(element))
      const tokens = request.tokens.map(({ invitation, stamp, slip }) => ({
        invitation,
        stamp: one(infoOf.stamp(name), stamp[each]),
        slip: one(infoOf.slip(name, lists.slips[invitation]!), slip[each]),
      }))
      const nym = one(infoOf.nym(name, lists.home, lists.role), request.nym[each])
      return says(each, 'evaluated', { request: documentHash(request), nym, tokens })
    },
  }
}

export type TrialBox = Awaited<ReturnType<typeof trialBox>>
