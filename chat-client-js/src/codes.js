/** The server's codes and what to do about them, made from its Rust types by `cargo xtask types`. Do not edit. */

/** Close codes: the reason, and whether a client with a valid login comes back by itself. @type {Record<number, { reason: string, reconnect: boolean } | undefined>} */
export const CLOSE_CODES = {
  1000: { reason: '', reconnect: false },
  1001: { reason: 'going_away', reconnect: true },
  1002: { reason: 'protocol_error', reconnect: false },
  1003: { reason: 'text_only', reconnect: false },
  1007: { reason: 'invalid_utf8', reconnect: false },
  1008: { reason: 'too_many_errors', reconnect: false },
  1009: { reason: 'too_big', reconnect: false },
  1011: { reason: 'internal', reconnect: true },
  1013: { reason: 'overloaded', reconnect: true },
  4008: { reason: 'slow_consumer', reconnect: true },
  4009: { reason: 'too_many_connections', reconnect: false },
  4029: { reason: 'rate_limited', reconnect: true },
  4401: { reason: 'session_ended', reconnect: false },
  4408: { reason: 'expired', reconnect: true },
};

/** Codes of refusals after which the same may succeed later. @type {Set<string>} */
export const RETRYABLE = new Set([
  'timeout',
  'rate_limited',
  'too_many_attempts',
  'storage_unavailable',
  'busy',
  'draining',
]);
