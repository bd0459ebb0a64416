/** Waits that double, each between half and all of itself, so that many clients do not come at once. */
export class Backoff {
    /** @param {() => number} random 0 to 1 */
    constructor(random?: () => number);
    random: () => number;
    /**
     * The next wait in milliseconds.
     * @param {number} hint what the server asked to wait at least
     */
    next(hint?: number): number;
    /** Goes on with long waits. */
    later(): void;
    /** Begins anew with the shortest. */
    reset(): void;
    #private;
}
