/** Court desks still run Chromium 86, which lacks what the libraries below us take for granted. Imported first. */
const object = Object as { hasOwn?: (owner: object, key: PropertyKey) => boolean }

object.hasOwn ??= (owner, key) => Object.prototype.hasOwnProperty.call(owner, key)

export {}
