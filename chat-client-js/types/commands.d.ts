export class Commands {
    /** @param {(frame: object) => boolean} send */
    constructor(send: (frame: object) => boolean);
    send: (frame: object) => boolean;
    /**
     * Sends a command and waits for its reply.
     * @param {AnyFrame} command
     * @returns {Promise<AnyFrame>}
     */
    ask(command: AnyFrame): Promise<AnyFrame>;
    /**
     * Takes a reply.
     * @param {AnyFrame} frame
     */
    answered(frame: AnyFrame): any;
    /** Their replies will not come. */
    lost(): void;
    #private;
}
import type { AnyFrame } from './positions.js';
