/** Keys as a manifest names them. */
import type { ManifestBody, Side, SideKeys } from './types'

/** Both sides' public keys of one kind, base64url. */
export const publicsOf = (body: ManifestBody, kind: keyof SideKeys): Record<Side, string> => ({
  bench: body.bench[kind],
  bar: body.bar[kind],
})
