/** Any tree of words: that both languages hold the same keys is a test's business, not the compiler's. */
export interface Tree {
  [key: string]: Tree | string
}

/** Two trees in one; where both have a branch the branches are joined, where both have a leaf the second wins. */
export function join(first: Tree, second: Tree): Tree {
  const out = { ...first }
  for (const [key, value] of Object.entries(second)) {
    const old = out[key]
    out[key] = branch(old) && branch(value) ? join(old, value) : value
  }
  return out
}

/** A compiled message is an object too, told by its type field. */
const branch = (part: Tree | string | undefined): part is Tree =>
  typeof part === 'object' && !('t' in part && 'b' in part)
