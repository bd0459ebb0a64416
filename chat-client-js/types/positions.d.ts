/** The last rev of each conversation. */
export class Positions {
    /** @param {Kept} [kept] */
    constructor(kept?: Kept);
    /**
     * Takes what was kept as all there is.
     * @param {Kept} kept
     */
    adopt(kept: Kept): void;
    /** @returns {Kept} */
    keep(): Kept;
    /** The resume commands' bodies; all but the last have `more`. */
    resumes(): {
        more?: boolean | undefined;
        epoch: string | undefined;
        revs: {
            [k: string]: number;
        };
    }[];
    /** Forgets how far one was, so that everything comes again. */
    restart(): void;
    /**
     * Whether a frame tells something new; then it counts as had. Events of kinds that this client does not know
     * count too: a rev and a conversation make them part of the log.
     * @param {AnyFrame} frame
     */
    admit(frame: AnyFrame): boolean;
    #private;
}
/**
 * What a resume names, and what may be kept between runs.
 */
export type Kept = {
    epoch?: Epoch;
    revs: Record<ConversationId, Rev>;
};
/**
 * A frame as it comes, known or of a newer server.
 */
export type AnyFrame = {
    type: string;
    [field: string]: any;
};
import type { Epoch } from '../types/wire.js';
import type { ConversationId } from '../types/wire.js';
import type { Rev } from '../types/wire.js';
