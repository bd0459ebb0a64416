/** What a client has: the rule that makes every change count once, in order. */

/** @import { ConversationId, Epoch, Rev } from '../types/wire.js' */

/**
 * What a resume names, and what may be kept between runs.
 * @typedef {{ epoch?: Epoch, revs: Record<ConversationId, Rev> }} Kept
 */

/**
 * A frame as it comes, known or of a newer server.
 * @typedef {{ type: string, [field: string]: any }} AnyFrame
 */

/** Conversations that one resume command names; the server refuses more. */
const PER_RESUME = 500;

/** The last rev of each conversation. */
export class Positions {
  /** @type {Epoch | undefined} */
  #epoch;
  /** @type {Map<ConversationId, Rev>} */
  #revs = new Map();
  /** From a connection to its `resumed`, the log's events are old news. */
  #resuming = true;
  /** Who one is; told by `ready`. @type {string | undefined} */
  #me;

  /** @param {Kept} [kept] */
  constructor(kept) {
    this.adopt(kept ?? { revs: {} });
  }

  /**
   * Takes what was kept as all there is.
   * @param {Kept} kept
   */
  adopt(kept) {
    this.#epoch = kept.epoch;
    this.#revs = new Map(Object.entries(kept.revs));
  }

  /** @returns {Kept} */
  keep() {
    return { epoch: this.#epoch, revs: Object.fromEntries(this.#revs) };
  }

  /** The resume commands' bodies; all but the last have `more`. */
  resumes() {
    const all = [...this.#revs];
    const bodies = [];
    do {
      const revs = Object.fromEntries(all.splice(0, PER_RESUME));
      bodies.push({ epoch: this.#epoch, revs, ...(all.length > 0 && { more: true }) });
    } while (all.length > 0);
    return bodies;
  }

  /** Forgets how far one was, so that everything comes again. */
  restart() {
    for (const id of this.#revs.keys()) this.#revs.set(id, 0);
  }

  /**
   * Whether a frame tells something new; then it counts as had. Events of kinds that this client does not know
   * count too: a rev and a conversation make them part of the log.
   * @param {AnyFrame} frame
   */
  admit(frame) {
    switch (frame.type) {
      case 'ready':
        this.#ready(frame);
        return true;
      case 'resumed':
        this.#resuming = false;
        for (const id of frame.left) this.#revs.delete(id);
        return true;
      case 'changes':
        return this.#reach(frame.conversation.id, frame.rev);
      case 'conversation_joined':
        this.#reach(frame.conversation.id, frame.conversation.rev);
        return true;
      default:
        return this.#admitEvent(frame);
    }
  }

  /** @param {AnyFrame} frame */
  #ready({ epoch, user_id }) {
    this.#resuming = true;
    // Revs of another epoch mean nothing; named with 0, conversations that are gone are told as left.
    if (this.#epoch !== epoch) this.restart();
    this.#epoch = epoch;
    this.#me = user_id;
  }

  /** @param {AnyFrame} frame */
  #admitEvent(frame) {
    const rev = frame.rev ?? frame.message?.rev ?? frame.member?.rev;
    const id = frame.conversation_id ?? frame.message?.conversation_id ?? frame.conversation?.id;
    if (rev === undefined || id === undefined || frame.type === 'ack') return true;
    if (this.#resuming || !this.#reach(id, rev)) return false;
    if (frame.type === 'member_removed' && frame.member.user_id === this.#me) this.#revs.delete(id);
    return true;
  }

  /**
   * @param {ConversationId} id
   * @param {Rev} rev
   */
  #reach(id, rev) {
    if (rev <= (this.#revs.get(id) ?? 0)) return false;
    this.#revs.set(id, rev);
    return true;
  }
}
