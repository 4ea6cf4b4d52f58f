/** Crockford's base32, as both kinds of codes are written down: no I, L, O or U. */

export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A code as typed, in upper case without spaces and hyphens, look-alikes read as digits. Not checked any further. */
export const cleaned = (text: string): string =>
  text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
