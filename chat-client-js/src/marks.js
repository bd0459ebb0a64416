/** How far one is, told to the server: the highest of each conversation, a few at a time. */

/** @import { ConversationId, Seq } from '../types/wire.js' */

/** @typedef {'delivered' | 'read'} MarkKind */

/** Markers that come at once are told together. */
const GATHER = 150;
/** Further ones follow after. */
const PAUSE = 500;
/** So many at once: well below the frames that a server takes in that time. */
const AT_ONCE = 4;

export class Marks {
  /** @type {Map<string, { kind: MarkKind, id: ConversationId, seq: Seq }>} */
  #waiting = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #live = false;

  /** @param {(kind: MarkKind, id: ConversationId, seq: Seq) => Promise<boolean>} tell whether it must be told again */
  constructor(tell) {
    this.tell = tell;
  }

  /**
   * @param {MarkKind} kind
   * @param {ConversationId} id
   * @param {Seq} seq
   */
  set(kind, id, seq) {
    const key = `${kind}:${id}`;
    const waiting = this.#waiting.get(key);
    if (waiting && waiting.seq >= seq) return;
    this.#waiting.set(key, { kind, id, seq });
    this.#later(GATHER);
  }

  live() {
    this.#live = true;
    this.#later(GATHER);
  }

  lost() {
    this.#live = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    if (!this.#live || this.#waiting.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
      this.#later(PAUSE);
    }, milliseconds);
  }

  #flush() {
    for (const [key, { kind, id, seq }] of [...this.#waiting].slice(0, AT_ONCE)) {
      this.#waiting.delete(key);
      void this.tell(kind, id, seq).then((again) => again && this.set(kind, id, seq));
    }
  }
}
