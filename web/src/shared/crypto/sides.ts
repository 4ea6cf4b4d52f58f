/** The two organisations. A module of its own, so that a page that only names them loads no cryptography. */
export type Side = 'bench' | 'bar'

export const SIDES: readonly Side[] = ['bench', 'bar']
