/** Where the outbox keeps what is not acknowledged. */

/**
 * The part of `Storage` (the Web's `localStorage`) that is used; anything like it will do.
 * @typedef {{
 *   readonly length: number,
 *   key(index: number): string | null,
 *   getItem(key: string): string | null,
 *   setItem(key: string, value: string): void,
 *   removeItem(key: string): void,
 * }} KeyStorage
 */

/**
 * Storage that is gone with the process.
 * @returns {KeyStorage}
 */
export function memoryStorage() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/**
 * The keys that begin so, sorted.
 * @param {KeyStorage} storage
 * @param {string} prefix
 */
export function keysOf(storage, prefix) {
  const keys = [];
  for (let index = 0; index < storage.length; index += 1) {
    const key = storage.key(index);
    if (key?.startsWith(prefix)) keys.push(key);
  }
  return keys.sort();
}
