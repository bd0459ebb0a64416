/**
 * Messages that are not acknowledged yet: kept over reloads, sent in the order of their conversation, and repeated
 * under one client id until the server has stored or refused them.
 */
import { ChatError } from './error.js';
import { keysOf } from './storage.js';

/** @import { Acked, ConversationId, MessageBody } from '../types/wire.js' */
/** @import { AnyFrame } from './positions.js' */
/** @import { KeyStorage } from './storage.js' */

/**
 * A message on its way.
 * @typedef {{
 *   client_id: string,
 *   conversation_id: ConversationId,
 *   body: MessageBody,
 *   created_at: string,
 *   failed?: string,
 *   note?: any,
 * }} Entry `failed` is the code that the server refused it with; `note` is the application's own, and never sent
 */

/**
 * How one hears what became of a message.
 * @typedef {{ promise: Promise<Acked>, resolve: (acked: Acked) => void, reject: (error: ChatError) => void }} Settle
 */

/** Messages that wait; a further one is refused. */
const CAPACITY = 1_000;
/** Messages under way at once: one of a conversation, so that none overtakes another. */
const UNDER_WAY = 16;
/** Without an answer it is sent again. */
const ANSWER_WITHIN = 10_000;
/** A refusal that may pass, without a hint. */
const PAUSE = 1_000;

export class Outbox {
  /** @type {Entry[]} */
  #waiting = [];
  /** @type {Map<ConversationId, { client_id: string, timer: ReturnType<typeof setTimeout> }>} */
  #underWay = new Map();
  /** @type {Map<string, Settle>} */
  #promises = new Map();
  /** @type {string | undefined} */
  #prefix;
  #live = false;
  #closed = false;
  /** When the latest was added, in milliseconds. */
  #latest = 0;

  /**
   * @param {KeyStorage} storage
   * @param {{ send: (frame: object) => boolean, changed: () => void }} owner
   */
  constructor(storage, owner) {
    this.storage = storage;
    this.owner = owner;
  }

  /** Every message on its way, in order. */
  get entries() {
    return [...this.#waiting];
  }

  /**
   * Those of one conversation.
   * @param {ConversationId} id
   */
  of(id) {
    return this.#waiting.filter((entry) => entry.conversation_id === id);
  }

  /**
   * Takes up what this user left, here or in another tab, and what was added before it was known who it is. What is of
   * another user stays theirs.
   * @param {string} user
   */
  open(user) {
    const prefix = `chat-outbox:${user}:`;
    if (this.#prefix === prefix) return;
    if (this.#prefix) this.#forget();
    const added = this.#waiting;
    this.#prefix = prefix;
    this.#waiting = [...this.#load(prefix), ...added];
    added.forEach((entry) => this.#keep(entry));
    this.owner.changed();
    this.#pump();
  }

  /**
   * Adds a message; it is sent as soon as there is a connection.
   * @param {ConversationId} conversation_id
   * @param {MessageBody} body
   * @param {any} [note]
   * @returns {Entry}
   */
  add(conversation_id, body, note) {
    if (this.#closed) throw new ChatError('closed', 'the client has ended');
    if (this.#waiting.length >= CAPACITY) throw new ChatError('outbox_full', `${CAPACITY} messages wait already`);
    const client_id = body.client_id ?? crypto.randomUUID();
    const entry = { client_id, conversation_id, body: { ...body, client_id }, created_at: this.#moment(), note };
    this.#keep(entry);
    this.#waiting.push(entry);
    this.owner.changed();
    this.#pump();
    return entry;
  }

  /**
   * What becomes of a message: its acknowledgement, or the refusal. It does not outlive the page, as the message does.
   * @param {Entry} entry
   * @returns {Promise<Acked>}
   */
  done(entry) {
    const known = this.#promises.get(entry.client_id);
    if (known) return known.promise;
    /** @type {Settle['resolve']} */
    let resolve = () => {};
    /** @type {Settle['reject']} */
    let reject = () => {};
    /** @type {Promise<Acked>} */
    const promise = new Promise((...both) => ([resolve, reject] = both));
    this.#promises.set(entry.client_id, { promise, resolve, reject });
    return promise;
  }

  /**
   * Sends one that was refused once more.
   * @param {string} clientId
   */
  retry(clientId) {
    const entry = this.#find(clientId);
    if (!entry?.failed) return;
    delete entry.failed;
    this.#keep(entry);
    this.owner.changed();
    this.#pump();
  }

  /**
   * Gives one up. One that is under way may have been stored all the same.
   * @param {string} clientId
   */
  discard(clientId) {
    const entry = this.#find(clientId);
    if (entry) this.#settle(entry, (promise) => promise.reject(new ChatError('closed', 'the message was discarded')));
  }

  /** The connection is up: everything is sent that waits. */
  live() {
    this.#live = true;
    this.#pump();
  }

  /** It is lost: what was under way will be sent again. */
  lost() {
    this.#live = false;
    for (const { timer } of this.#underWay.values()) clearTimeout(timer);
    this.#underWay.clear();
  }

  /** Ends all waiting and takes nothing more; the messages stay for the next time. */
  close() {
    this.#closed = true;
    this.lost();
    this.#abandon();
  }

  /** Nobody hears any more what becomes of the messages. */
  #abandon() {
    for (const { reject } of this.#promises.values()) reject(new ChatError('closed', 'the client has ended'));
    this.#promises.clear();
  }

  /** Leaves the messages to the storage. */
  #forget() {
    this.lost();
    this.#abandon();
    this.#waiting = [];
  }

  /**
   * Takes an answer.
   * @param {AnyFrame} frame
   * @returns {boolean} whether it was about one of these
   */
  answered(frame) {
    const entry = frame.id && (frame.type === 'ack' || frame.type === 'error') ? this.#find(frame.id) : undefined;
    if (!entry) return false;
    if (frame.type === 'ack') this.#settle(entry, (promise) => promise.resolve(/** @type {Acked} */ (/** @type {unknown} */ (frame))));
    else this.#refused(entry, frame);
    return true;
  }

  /**
   * @param {Entry} entry
   * @param {AnyFrame} frame
   */
  #refused(entry, frame) {
    const error = new ChatError(frame.code, frame.detail, { retryAfter: frame.retry_after_ms });
    if (error.retryable) return this.#wait(entry, error.retryAfter ?? PAUSE);
    entry.failed = error.code;
    this.#keep(entry);
    this.#release(entry);
    this.#promises.get(entry.client_id)?.reject(error);
    this.#promises.delete(entry.client_id);
    this.owner.changed();
    this.#pump();
  }

  #pump() {
    if (!this.#live || !this.#prefix) return;
    for (const entry of this.#waiting) {
      if (this.#underWay.size >= UNDER_WAY) return;
      if (entry.failed || this.#underWay.has(entry.conversation_id)) continue;
      const { client_id: id, conversation_id, body } = entry;
      if (!this.owner.send({ type: 'message', id, conversation_id, ...body })) return;
      this.#wait(entry, ANSWER_WITHIN);
    }
  }

  /**
   * Sends it again after a while, unless an answer comes before.
   * @param {Entry} entry
   * @param {number} milliseconds
   */
  #wait(entry, milliseconds) {
    this.#release(entry);
    const timer = setTimeout(() => {
      this.#release(entry);
      this.#pump();
    }, milliseconds);
    this.#underWay.set(entry.conversation_id, { client_id: entry.client_id, timer });
  }

  /** @param {Entry} entry */
  #release(entry) {
    const underWay = this.#underWay.get(entry.conversation_id);
    if (underWay?.client_id !== entry.client_id) return;
    clearTimeout(underWay.timer);
    this.#underWay.delete(entry.conversation_id);
  }

  /**
   * @param {Entry} entry
   * @param {(promise: Settle) => void} tell
   */
  #settle(entry, tell) {
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    this.#release(entry);
    if (this.#prefix) this.storage.removeItem(this.#key(entry));
    const promise = this.#promises.get(entry.client_id);
    this.#promises.delete(entry.client_id);
    if (promise) tell(promise);
    this.owner.changed();
    this.#pump();
  }

  /** Now, and later than every other: the order is that of the moments. */
  #moment() {
    this.#latest = Math.max(Date.now(), this.#latest + 1);
    return new Date(this.#latest).toISOString();
  }

  /** @param {string} clientId */
  #find(clientId) {
    return this.#waiting.find((entry) => entry.client_id === clientId);
  }

  /** Each has its own key, so that tabs do not write over one another; sorted keys are the order. @param {Entry} entry */
  #key(entry) {
    return `${this.#prefix}${entry.created_at}:${entry.client_id}`;
  }

  /** @param {Entry} entry */
  #keep(entry) {
    if (!this.#prefix) return;
    try {
      this.storage.setItem(this.#key(entry), JSON.stringify(entry));
    } catch (cause) {
      throw new ChatError('storage_failed', 'the message cannot be kept until it is sent', { cause });
    }
  }

  /**
   * @param {string} prefix
   * @returns {Entry[]}
   */
  #load(prefix) {
    return keysOf(this.storage, prefix).flatMap((key) => {
      try {
        return [JSON.parse(this.storage.getItem(key) ?? '')];
      } catch {
        this.storage.removeItem(key);
        return [];
      }
    });
  }
}
