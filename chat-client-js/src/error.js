/** Refusals and failures, told by their code. */
import { RETRYABLE } from './codes.js';

/**
 * What of a problem document is looked at.
 * @typedef {{ code?: string, detail?: string, field?: string, request_id?: string }} Told
 */

/** Why a request, a command or a message failed. */
export class ChatError extends Error {
  /**
   * @param {string} code the server's stable code, or one of the client's own: `unreachable` (no answer),
   *   `connection_lost` (the connection ended before the answer), `closed` (the client was closed), `outbox_full`,
   *   `storage_failed` (the outbox's storage took nothing)
   * @param {string} detail words for developers
   * @param {{ status?: number, field?: string, requestId?: string, retryAfter?: number, cause?: unknown }} [more]
   */
  constructor(code, detail, more = {}) {
    super(detail, { cause: more.cause });
    this.name = 'ChatError';
    this.code = code;
    /** The HTTP status, or 0. */
    this.status = more.status ?? 0;
    /** The field that is at fault, if one is. */
    this.field = more.field;
    /** The request's id, as in the server's logs. */
    this.requestId = more.requestId;
    /** When to try again, in milliseconds, if the server said. */
    this.retryAfter = more.retryAfter;
  }

  /** Whether the same may succeed later. */
  get retryable() {
    return this.code === 'unreachable' || this.code === 'connection_lost' || RETRYABLE.has(this.code);
  }

  /**
   * What a refused request was answered.
   * @param {Response} response
   * @param {Told | null} problem
   */
  static of(response, problem) {
    const seconds = Number(response.headers.get('retry-after') ?? NaN);
    return new ChatError(problem?.code ?? 'unreachable', problem?.detail ?? `the server answered ${response.status}`, {
      status: response.status,
      field: problem?.field,
      requestId: problem?.request_id,
      retryAfter: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
    });
  }
}
