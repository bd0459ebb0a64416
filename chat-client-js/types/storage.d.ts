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
export function memoryStorage(): KeyStorage;
/**
 * The keys that begin so, sorted.
 * @param {KeyStorage} storage
 * @param {string} prefix
 */
export function keysOf(storage: KeyStorage, prefix: string): string[];
/**
 * The part of `Storage` (the Web's `localStorage`) that is used; anything like it will do.
 */
export type KeyStorage = {
    readonly length: number;
    key(index: number): string | null;
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
};
