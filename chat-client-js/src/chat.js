/** A user's chat: one lasting connection, what goes out over it and what comes in. */
import { Commands } from './commands.js';
import { Connection, SESSION_ENDED } from './connection.js';
import { cookies, sessions, tokens } from './credentials.js';
import { Emitter } from './emitter.js';
import { ChatError } from './error.js';
import { Marks } from './marks.js';
import { Outbox } from './outbox.js';
import { Positions } from './positions.js';
import { Rest } from './rest.js';
import { memoryStorage } from './storage.js';

/** @import { Acked, ConversationId, Event, MessageBody, Reply, Seq, SessionView, UserId } from '../types/wire.js' */
/** @import { AnyFrame, Kept } from './positions.js' */
/** @import { TokenBy } from './credentials.js' */
/** @import { KeyStorage } from './storage.js' */

/**
 * Who connects, and where to. With neither `session` nor `token` it is the user of the browser's cookies.
 * @typedef {{
 *   url?: string,
 *   session?: SessionView,
 *   token?: string | (() => string | Promise<string>),
 *   tokenBy?: TokenBy,
 *   storage?: KeyStorage,
 *   user?: UserId,
 *   positions?: Kept | ((rest: Rest) => Kept | Promise<Kept>),
 * }} Options
 *   `url`: where the server is; a page's own origin by default.
 *   `session`: what `login` or `register` gave; its tokens are renewed, and each renewal is told as `session`.
 *   `token`: the host's own login, or a function that gets its present token; `tokenBy` says how the socket shows it,
 *   by default as the server has it: by a ticket where it gives tickets, else in the address.
 *   `storage`: where messages wait that are not acknowledged; by default the browser's `localStorage`, elsewhere memory.
 *   `user`: who it is, where that is known before the first connection: the outbox is taken up at once. A login of
 *   somebody else then ends the client.
 *   `positions`: what one has already; without it everything is new. A function is asked before the first connection,
 *   and again until it succeeds.
 */

/**
 * How it stands: `code` is the close code of the last connection, `error` the refusal that ended the client before there
 * was one.
 * @typedef {{ state: 'connecting' | 'live' | 'ended', code?: number, error?: ChatError }} State
 */

/**
 * What is told, by its name: a frame by its `type`, and all frames, those of newer servers too, as `frame`.
 * @typedef {{
 *   state: State, outbox: undefined, session: SessionView, frame: AnyFrame,
 * } & { [Type in (Event | Reply)['type']]: Extract<Event | Reply, { type: Type }> }} Told
 */

/** A credential whose end is not known is renewed after. */
const RENEW_AFTER = 8 * 60_000;
/** The server passes typing on at most so often. */
const TYPING = 3_000;
/** Users that one connection watches. */
const WATCHED = 500;

/** @extends {Emitter<Told>} */
export class Chat extends Emitter {
  /** @type {State} */
  #state = { state: 'connecting' };
  #begun = false;
  /** Whose chat it is, once that is known. @type {UserId | undefined} */
  #user;
  #positions = new Positions();
  #commands = new Commands((frame) => this.#connection.send(frame));
  #marks = new Marks((kind, id, seq) => this.#mark(kind, id, seq));
  /** @type {Set<UserId>} */
  #watched = new Set();
  /** @type {Map<ConversationId, number>} */
  #typed = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #renewal;
  #connection = new Connection({
    address: () => this.#address(),
    frame: (frame) => this.#take(frame),
    lost: (code) => this.#lost({ state: 'connecting', code }),
    ended: (code, error) => this.#lost({ state: 'ended', code, ...(error && { error }) }),
  });
  #wake = () => {
    if (globalThis.document?.visibilityState !== 'hidden') this.#connection.now();
  };

  /** @param {Options} [options] */
  constructor(options = {}) {
    super();
    const { url = globalThis.location?.origin, session, token, tokenBy } = options;
    if (!url) throw new ChatError('unreachable', 'an url is needed outside of a page');
    this.options = options;
    this.credentials = session
      ? sessions(session, (renewed) => this.emit('session', renewed))
      : token !== undefined ? tokens(token, tokenBy) : cookies();
    /** The REST API in the user's name. */
    this.rest = new Rest(url, this.credentials);
    /** Messages that are not acknowledged yet. */
    this.outbox = new Outbox(options.storage ?? defaultStorage(), {
      send: (frame) => this.#connection.send(frame),
      changed: () => this.emit('outbox', undefined),
    });
    this.#user = options.user ?? session?.user.id;
    if (this.#user) this.outbox.open(this.#user);
    globalThis.addEventListener?.('online', this.#wake);
    globalThis.document?.addEventListener('visibilitychange', this.#wake);
    // Listeners that are added in this turn hear everything.
    queueMicrotask(() => void this.#connection.open());
  }

  /** `connecting`, `live` (everything missed has come), or `ended` with the close code or the refusal. */
  get state() {
    return this.#state;
  }

  /** What one has: give it to the next `connect` to get only what changed since. */
  get positions() {
    return this.#positions.keep();
  }

  /**
   * Sends a message, exactly once, however often the connection breaks; with a lasting storage also if the page goes.
   * @param {ConversationId} conversation
   * @param {string | MessageBody} message a text, or a whole body
   * @param {any} [note] kept beside it in the outbox
   * @returns {Promise<Acked>} once it is stored; rejected with the code that it was refused with, or `closed` where the
   *   client has ended
   */
  async send(conversation, message, note) {
    const body = typeof message === 'string' ? { content: message } : message;
    return this.outbox.done(this.outbox.add(conversation, body, note));
  }

  /** Says that everything up to this message has arrived. @param {ConversationId} id @param {Seq} seq */
  delivered(id, seq) {
    this.#marks.set('delivered', id, seq);
  }

  /** Says that everything up to this message has been read. @param {ConversationId} id @param {Seq} seq */
  read(id, seq) {
    this.#marks.set('read', id, seq);
  }

  /** Says that one types, or stopped; call it with every key. @param {ConversationId} conversation_id */
  typing(conversation_id, active = true) {
    const told = this.#typed.get(conversation_id) ?? 0;
    if (active ? Date.now() - told < TYPING : told === 0) return;
    this.#typed.set(conversation_id, active ? Date.now() : 0);
    this.#connection.send({ type: 'typing', conversation_id, active });
  }

  /** Hears of these users' presence, on this connection and the next: told as `presence_state`, then `presence_changed`. @param {UserId[]} users */
  watch(users) {
    const more = users.filter((user) => !this.#watched.has(user)).slice(0, WATCHED - this.#watched.size);
    more.forEach((user) => this.#watched.add(user));
    if (more.length > 0) this.#connection.send({ type: 'watch', user_ids: more });
  }

  /** Hears of it no more. @param {UserId[]} users */
  unwatch(users) {
    const fewer = users.filter((user) => this.#watched.delete(user));
    if (fewer.length > 0) this.#connection.send({ type: 'unwatch', user_ids: fewer });
  }

  /**
   * Sends any command, as `docs/protocol.md` has it, and waits for its reply. It is not repeated.
   * @param {AnyFrame} command
   * @returns {Promise<AnyFrame>} rejected with the code that it was refused with, or `connection_lost`
   */
  command(command) {
    return this.#commands.ask(command);
  }

  /** Shows a fresh credential on the open connection: for hosts that give tokens, before one ends. */
  async authenticate() {
    const proof = await this.credentials.fresh(this.rest);
    await this.command({ type: 'authenticate', ...proof });
  }

  /** Ends the login session, and the client. */
  async signOut() {
    const headers = await this.credentials.headers();
    this.close();
    await this.rest.ask('POST', 'auth/logout', undefined, headers);
  }

  /** Ends the client. Messages that are not acknowledged stay in the storage for the next one. */
  close() {
    this.#end(1000);
  }

  /** @param {number} code */
  #end(code) {
    this.#connection.stop();
    this.#lost({ state: 'ended', code });
  }

  /** Where the socket connects, once what comes before has succeeded. */
  async #address() {
    const { positions } = this.options;
    if (!this.#begun && positions) {
      this.#positions.adopt(typeof positions === 'function' ? await positions(this.rest) : positions);
    }
    this.#begun = true;
    const proof = await this.credentials.proof(this.rest);
    const address = new URL('ws', this.rest.root);
    address.protocol = address.protocol.replace('http', 'ws');
    for (const [name, value] of Object.entries(proof)) address.searchParams.set(name, value);
    return address;
  }

  /** @param {AnyFrame} frame */
  #take(frame) {
    // Cookies may be of another user meanwhile: what waits and what is known is not theirs.
    if (frame.type === 'ready' && (this.#user ??= frame.user_id) !== frame.user_id) return this.#end(SESSION_ENDED);
    if (!this.#positions.admit(frame)) return;
    if (frame.type === 'ready') this.#ready(frame);
    if (frame.type === 'error' && frame.id?.startsWith('resume:')) return this.#notResumed(frame);
    if (!this.outbox.answered(frame)) this.#commands.answered(frame);
    this.emit('frame', frame);
    this.emit(/** @type {any} */ (frame.type), /** @type {any} */ (frame));
    if (frame.type === 'resumed') this.#live();
  }

  /** @param {AnyFrame} frame */
  #ready({ user_id }) {
    this.outbox.open(user_id);
    this.#renewLater();
    this.#positions.resumes().forEach((body, at) => this.#connection.send({ type: 'resume', id: `resume:${at}`, ...body }));
  }

  /** Without it nothing would be live: another connection asks again, from nothing if this can not be answered. @param {AnyFrame} frame */
  #notResumed(frame) {
    const error = new ChatError(frame.code, frame.detail);
    if (!error.retryable) this.#positions.adopt({ revs: {} });
    this.#connection.drop(frame.retry_after_ms);
  }

  #live() {
    this.#connection.live();
    if (this.#watched.size > 0) this.#connection.send({ type: 'watch', user_ids: [...this.#watched] });
    this.outbox.live();
    this.#marks.live();
    this.#tell({ state: 'live' });
  }

  /** @param {State} state */
  #lost(state) {
    clearTimeout(this.#renewal);
    this.#typed.clear();
    this.#marks.lost();
    this.outbox.lost();
    this.#commands.lost();
    if (state.state === 'ended') this.#release();
    this.#tell(state);
  }

  #release() {
    this.outbox.close();
    globalThis.removeEventListener?.('online', this.#wake);
    globalThis.document?.removeEventListener('visibilitychange', this.#wake);
  }

  /** @param {State} state */
  #tell(state) {
    if (this.#state.state === 'ended') return;
    this.#state = state;
    this.emit('state', state);
  }

  /**
   * @param {'delivered' | 'read'} type
   * @param {ConversationId} conversation_id
   * @param {Seq} seq
   */
  async #mark(type, conversation_id, seq) {
    try {
      await this.command({ type, conversation_id, seq });
      return false;
    } catch (error) {
      return error instanceof ChatError && error.retryable;
    }
  }

  #renewLater() {
    clearTimeout(this.#renewal);
    if (this.options.token !== undefined) return;
    this.#renewal = setTimeout(() => {
      // The server closes the connection when the credential ends; then another shows a fresh one.
      this.authenticate().then(() => this.#renewLater(), () => {});
    }, this.credentials.due() ?? RENEW_AFTER);
  }
}

/** The browser's, where it may be used. */
function defaultStorage() {
  try {
    if (typeof window !== 'undefined') return window.localStorage;
  } catch { /* A sandboxed page has none. */ }
  return memoryStorage();
}

/**
 * Connects and stays connected until `close`.
 * @param {Options} [options]
 */
export function connect(options) {
  return new Chat(options);
}
