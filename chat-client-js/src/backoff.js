/** How long to wait before the next attempt. */

const FIRST = 250;
const LONGEST = 10_000;
/** The attempt that waits some seconds: where a server said that it has too much to do. */
const LATER = 4;

/** Waits that double, each between half and all of itself, so that many clients do not come at once. */
export class Backoff {
  #attempt = 0;

  /** @param {() => number} random 0 to 1 */
  constructor(random = Math.random) {
    this.random = random;
  }

  /**
   * The next wait in milliseconds.
   * @param {number} hint what the server asked to wait at least
   */
  next(hint = 0) {
    const wait = Math.min(LONGEST, FIRST * 2 ** this.#attempt);
    this.#attempt += 1;
    return hint + wait * (0.5 + this.random() / 2);
  }

  /** Goes on with long waits. */
  later() {
    this.#attempt = Math.max(this.#attempt, LATER);
  }

  /** Begins anew with the shortest. */
  reset() {
    this.#attempt = 0;
  }
}
