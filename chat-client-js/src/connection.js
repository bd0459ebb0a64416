/** One WebSocket after another: connects, notices silence, waits, and comes back where that may help. */
import { Backoff } from './backoff.js';
import { CLOSE_CODES } from './codes.js';
import { ChatError } from './error.js';

/** @import { AnyFrame } from './positions.js' */

/**
 * What a connection needs of its owner.
 * @typedef {{
 *   address: () => Promise<URL>,
 *   frame: (frame: AnyFrame) => void,
 *   lost: (code: number) => void,
 *   ended: (code?: number, error?: ChatError) => void,
 * }} Owner
 *   `address` throws a `ChatError` of status 401 where nothing but a new login helps, and another that is final where
 *   the same would be refused again
 */

/** The handshake and `ready` must be done within. */
const READY_WITHIN = 15_000;
/** A silent connection is pinged after. */
const PING_AFTER = 20_000;
/** And given up this long after the ping. */
const PONG_WITHIN = 10_000;
/** A connection that lived so long was a good one. */
const STABLE = 5_000;
/** The code of RFC 6455 for a connection that ended without any. */
const WITHOUT_CODE = 1006;
/** Codes that say that there is too much to do. */
const TOO_MUCH = new Set([1013, 4029]);
export const SESSION_ENDED = 4401;

export class Connection {
  /** @type {WebSocket | undefined} */
  #socket;
  #backoff = new Backoff();
  #stopped = false;
  #opening = false;
  #hint = 0;
  /** The server asked not to come before. */
  #notBefore = 0;
  #liveSince = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watch;

  /** @param {Owner} owner */
  constructor(owner) {
    this.owner = owner;
  }

  /** Connects now, unless it is connected or about to be. */
  async open() {
    if (this.#socket || this.#opening || this.#stopped) return;
    clearTimeout(this.#retry);
    this.#opening = true;
    try {
      const address = await this.owner.address();
      if (!this.#stopped) this.#connect(address);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#opening = false;
    }
  }

  /**
   * @param {object} frame
   * @returns {boolean} whether it was given to an open socket
   */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Everything missed is here: the connection counts as good. */
  live() {
    this.#liveSince = Date.now();
  }

  /** Gives this socket up and makes another. @param {number} [hint] milliseconds to wait at least */
  drop(hint = 0) {
    this.#hint = Math.max(this.#hint, hint);
    if (this.#socket) this.#closed(this.#socket, WITHOUT_CODE);
  }

  /**
   * Checks a connection that may be dead, or connects at once, or when the server asked to: for when the network or the
   * page came back.
   */
  now() {
    if (this.#socket) return this.#ping();
    if (this.#stopped) return;
    this.#backoff.reset();
    const hint = this.#notBefore - Date.now();
    if (hint > 0) this.#later(hint);
    else void this.open();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#release(1000);
  }

  /** @param {URL} address */
  #connect(address) {
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#liveSince = 0;
    this.#watchFor(READY_WITHIN, () => this.#closed(socket, WITHOUT_CODE));
    socket.onmessage = (message) => this.#take(message.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
  }

  /** @param {unknown} error */
  #refused(error) {
    if (this.#stopped) return;
    if (!(error instanceof ChatError)) return this.#later();
    if (error.status === 401) return this.#end(SESSION_ENDED, error);
    if (error.status >= 400 && error.status < 500 && !error.retryable) return this.#end(undefined, error);
    this.#later(error.retryAfter);
  }

  /** @param {string} text */
  #take(text) {
    this.#watchFor(PING_AFTER, () => this.#ping());
    const frame = JSON.parse(text);
    if (frame.type === 'closing') this.#hint = frame.reconnect_after_ms;
    this.owner.frame(frame);
  }

  #ping() {
    const socket = this.#socket;
    if (!socket || !this.send({ type: 'ping' })) return;
    this.#watchFor(PONG_WITHIN, () => this.#closed(socket, WITHOUT_CODE));
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#release();
    if (this.#stopped) return;
    const known = CLOSE_CODES[code];
    if (known && !known.reconnect) return this.#end(code);
    if (this.#liveSince && Date.now() - this.#liveSince > STABLE) this.#backoff.reset();
    if (TOO_MUCH.has(code)) this.#backoff.later();
    this.owner.lost(code);
    this.#later(this.#hint);
    this.#hint = 0;
  }

  /** A dead peer would not answer the closing handshake: nobody waits for it. @param {number} [code] */
  #release(code) {
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  /** @param {number} [code] @param {ChatError} [error] */
  #end(code, error) {
    this.#stopped = true;
    this.owner.ended(code, error);
  }

  /** @param {number} [hint] */
  #later(hint = 0) {
    clearTimeout(this.#retry);
    this.#notBefore = Date.now() + hint;
    this.#retry = setTimeout(() => void this.open(), this.#backoff.next(hint));
  }

  /**
   * @param {number} milliseconds
   * @param {() => void} late
   */
  #watchFor(milliseconds, late) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(late, milliseconds);
  }
}
