/** Commands that wait for their replies. */
import { ChatError } from './error.js';

/** @import { AnyFrame } from './positions.js' */

/** Commands without a reply; a further one is refused. */
const CAPACITY = 256;

export class Commands {
  /** @type {Map<string, { resolve: (reply: AnyFrame) => void, reject: (error: ChatError) => void }>} */
  #waiting = new Map();
  #count = 0;

  /** @param {(frame: object) => boolean} send */
  constructor(send) {
    this.send = send;
  }

  /**
   * Sends a command and waits for its reply.
   * @param {AnyFrame} command
   * @returns {Promise<AnyFrame>}
   */
  ask(command) {
    return new Promise((resolve, reject) => {
      this.#count += 1;
      const id = `command:${this.#count}`;
      const taken = this.#waiting.size < CAPACITY && this.send({ ...command, id });
      if (taken) this.#waiting.set(id, { resolve, reject });
      else reject(new ChatError('connection_lost', 'there is no connection that takes the command'));
    });
  }

  /**
   * Takes a reply.
   * @param {AnyFrame} frame
   */
  answered(frame) {
    const waiting = frame.id && this.#waiting.get(frame.id);
    if (!waiting) return;
    this.#waiting.delete(frame.id);
    if (frame.type !== 'error') return waiting.resolve(frame);
    waiting.reject(new ChatError(frame.code, frame.detail, { retryAfter: frame.retry_after_ms }));
  }

  /** Their replies will not come. */
  lost() {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    waiting.forEach(({ reject }) => reject(new ChatError('connection_lost', 'the connection ended before the reply')));
  }
}
