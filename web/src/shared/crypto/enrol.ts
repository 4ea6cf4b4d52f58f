/**
 * Enrolment: a rater's request key becomes known to the own association by a code that never passes through the
 * platform. Only a MAC over the key travels, so the platform can neither enrol a key of its own nor swap one.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from './bytes'
import { ALPHABET, cleaned } from './crockford'
import { expand } from './derive'

const CODE_CHARACTERS = 20

/** The twenty characters in upper case, look-alikes read as digits; undefined when they are not a code. */
export function normalisedCode(text: string): string | undefined {
  const code = cleaned(text)
  const known = [...code].every((character) => ALPHABET.includes(character))
  return code.length === CODE_CHARACTERS && known ? code : undefined
}

/** 32 bytes; `code` is a normalised one. */
export const codeKey = (code: string): Uint8Array => expand(utf8(code), 'hengping/v2|code', 32)

/** `requestKey` is base64url, as it travels. */
export const enrolMessage = (box: string, rater: string, requestKey: string): Uint8Array =>
  utf8(`hengping/v2/enrol\n${box}\n${rater}\n${requestKey}`)

/** HMAC-SHA256, 32 bytes. */
export const enrolMac = (key: Uint8Array, box: string, rater: string, requestKey: string) =>
  hmac(sha256, key, enrolMessage(box, rater, requestKey))
