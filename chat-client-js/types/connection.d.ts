export const SESSION_ENDED: 4401;
export class Connection {
    /** @param {Owner} owner */
    constructor(owner: Owner);
    owner: Owner;
    /** Connects now, unless it is connected or about to be. */
    open(): Promise<void>;
    /**
     * @param {object} frame
     * @returns {boolean} whether it was given to an open socket
     */
    send(frame: object): boolean;
    /** Everything missed is here: the connection counts as good. */
    live(): void;
    /** Gives this socket up and makes another. @param {number} [hint] milliseconds to wait at least */
    drop(hint?: number): void;
    /**
     * Checks a connection that may be dead, or connects at once, or when the server asked to: for when the network or the
     * page came back.
     */
    now(): void;
    stop(): void;
    #private;
}
/**
 * `address` throws a `ChatError` of status 401 where nothing but a new login helps, and another that is final where
 * the same would be refused again
 */
export type Owner = {
    address: () => Promise<URL>;
    frame: (frame: AnyFrame) => void;
    lost: (code: number) => void;
    ended: (code?: number, error?: ChatError) => void;
};
import type { AnyFrame } from './positions.js';
import { ChatError } from './error.js';
