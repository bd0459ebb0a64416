/**
 * What of a problem document is looked at.
 * @typedef {{ code?: string, detail?: string, field?: string, request_id?: string }} Told
 */
/** Why a request, a command or a message failed. */
export class ChatError extends Error {
    /**
     * What a refused request was answered.
     * @param {Response} response
     * @param {Told | null} problem
     */
    static of(response: Response, problem: Told | null): ChatError;
    /**
     * @param {string} code the server's stable code, or one of the client's own: `unreachable` (no answer),
     *   `connection_lost` (the connection ended before the answer), `closed` (the client was closed), `outbox_full`,
     *   `storage_failed` (the outbox's storage took nothing)
     * @param {string} detail words for developers
     * @param {{ status?: number, field?: string, requestId?: string, retryAfter?: number, cause?: unknown }} [more]
     */
    constructor(code: string, detail: string, more?: {
        status?: number;
        field?: string;
        requestId?: string;
        retryAfter?: number;
        cause?: unknown;
    });
    code: string;
    /** The HTTP status, or 0. */
    status: number;
    /** The field that is at fault, if one is. */
    field: string | undefined;
    /** The request's id, as in the server's logs. */
    requestId: string | undefined;
    /** When to try again, in milliseconds, if the server said. */
    retryAfter: number | undefined;
    /** Whether the same may succeed later. */
    get retryable(): boolean;
}
/**
 * What of a problem document is looked at.
 */
export type Told = {
    code?: string;
    detail?: string;
    field?: string;
    request_id?: string;
};
