/** The server's codes and what to do about them, made from its Rust types by `cargo xtask types`. Do not edit. */
/** Close codes: the reason, and whether a client with a valid login comes back by itself. @type {Record<number, { reason: string, reconnect: boolean } | undefined>} */
export const CLOSE_CODES: Record<number, {
    reason: string;
    reconnect: boolean;
} | undefined>;
/** Codes of refusals after which the same may succeed later. @type {Set<string>} */
export const RETRYABLE: Set<string>;
