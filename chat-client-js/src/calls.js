/**
 * Calls with other users: sound and pictures go from device to device, and the chat's connection carries what sets
 * them up. Optional: a client works without it.
 */
import { Call } from './call.js';
import { Emitter } from './emitter.js';
import { ChatError } from './error.js';

/** @import { CallSignal, ConversationId, DeviceId, Signal, UserId } from '../types/wire.js' */
/** @import { Chat } from './chat.js' */

/** How calls connect: by default the browser's `RTCPeerConnection`. @typedef {{ peer?: new (config: RTCConfiguration) => RTCPeerConnection }} CallOptions */

/** A signal that did not get through is repeated after, unless the server says when. */
const AGAIN = 1_000;

/** For so long it is tried to tell the other side that a call has ended. */
const HANGUP_FOR = 15_000;

/** @extends {Emitter<{ incoming: Call }>} */
export class Calls extends Emitter {
  #chat;
  #peer;
  /** This device's name, as long as this object lives: a call lasts longer than a connection of the chat. */
  #device = crypto.randomUUID();
  /** @type {Call | undefined} */
  #current;
  /** What was said last, by call: signals go out one after another. @type {WeakMap<Call, Promise<void>>} */
  #said = new WeakMap();
  /** @type {(() => void)[]} */
  #listening;
  #leave = () => this.#current?.leave();
  #forget = () => this.#current?.forget();

  /**
   * @param {Chat} chat
   * @param {CallOptions} [options]
   */
  constructor(chat, options = {}) {
    super();
    this.#chat = chat;
    this.#peer = options.peer ?? globalThis.RTCPeerConnection;
    this.#listening = [
      chat.on('call_signal', (signal) => this.#take(signal)),
      chat.on('block_changed', ({ user_id, blocked }) => {
        if (blocked && user_id === this.#current?.peer) this.#current.hangUp();
      }),
      chat.on('state', ({ state }) => state === 'ended' && this.#forget()),
    ];
    globalThis.addEventListener?.('pagehide', this.#leave);
  }

  /** The call that is on, or rings. There is one at a time: whoever calls meanwhile is told that it is busy. */
  get current() {
    return this.#current;
  }

  /**
   * Calls a member of a conversation.
   * @param {ConversationId} conversation
   * @param {UserId} peer
   * @param {MediaStream} stream what is sent; it stays the caller's, to stop it when the call has ended
   * @returns {Call}
   */
  call(conversation, peer, stream) {
    if (this.#current) throw new ChatError('busy', 'another call is on');
    const call = this.#keep({ id: crypto.randomUUID(), conversation, peer });
    void call.begin(stream);
    return call;
  }

  /** Ends the call that is on, and hears of none any more. */
  close() {
    this.#forget();
    this.#listening.forEach((off) => off());
    globalThis.removeEventListener?.('pagehide', this.#leave);
  }

  /** @param {CallSignal} signal */
  #take(signal) {
    const call = this.#current;
    // One's own other devices are told what is meant for a device of the other.
    if (call?.id === signal.call_id && signal.from !== call.peer) return call.takenElsewhere();
    if (signal.to_device && signal.to_device !== this.#device) return;
    if (call?.id === signal.call_id) call.heard(signal);
    else if (signal.signal.type === 'offer') this.#offered(signal);
  }

  /** @param {CallSignal} offer */
  #offered(offer) {
    const call = this.#current;
    if (call?.crosses(offer)) {
      // Both decide alike: the lower id counts.
      if (offer.call_id < call.id) call.cross(offer);
    } else if (call) {
      this.#refuse(offer);
    } else {
      const incoming = this.#keep({ id: offer.call_id, conversation: offer.conversation_id, peer: offer.from, offer });
      void this.#say(incoming, { type: 'ringing' }, offer.from_device).catch(() => {});
      this.emit('incoming', incoming);
    }
  }

  /** @param {CallSignal} offer */
  #refuse({ conversation_id, call_id, from }) {
    this.#chat.command(this.#command(conversation_id, call_id, from, { type: 'hangup', reason: 'busy' })).catch(() => {});
  }

  /** @param {import('./call.js').About} about */
  #keep(about) {
    const call = new Call({
      say: (call, signal, to) => this.#say(call, signal, to),
      connection: (call) => this.#repeat(() => call.state !== 'ended', () => this.#connection()),
      over: (call) => {
        if (this.#current === call) this.#current = undefined;
      },
    }, about);
    this.#current = call;
    return call;
  }

  async #connection() {
    const { ice_servers } = await this.#chat.rest.iceServers();
    return new this.#peer({ iceServers: /** @type {RTCIceServer[]} */ (ice_servers) });
  }

  /**
   * Says one thing after another. A hang-up overtakes what waits: after it nothing matters.
   * @param {Call} call
   * @param {Signal} signal
   * @param {DeviceId} [to]
   * @returns {Promise<void>}
   */
  #say(call, signal, to) {
    const command = this.#command(call.conversation, call.id, call.peer, signal, to);
    if (signal.type === 'hangup') {
      // The call has ended here; the other side is to know, also if the connection is just away.
      const until = Date.now() + HANGUP_FOR;
      return this.#repeat(() => Date.now() < until, () => this.#chat.command(command)).then(() => {});
    }
    const before = this.#said.get(call) ?? Promise.resolve();
    const lasts = () => call.state !== 'ended' && call.id === command.call_id;
    const said = before.then(() => this.#repeat(lasts, () => this.#chat.command(command))).then(() => {});
    this.#said.set(call, said.catch(() => {}));
    return said;
  }

  /**
   * Repeats what may succeed later, for as long as the call lasts.
   * @template Done
   * @param {() => boolean} lasts
   * @param {() => Promise<Done>} work
   * @returns {Promise<Done | undefined>} nothing if the call ended before it was done
   */
  async #repeat(lasts, work) {
    while (lasts()) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ChatError && error.retryable)) throw error;
        await new Promise((resolve) => setTimeout(resolve, error.retryAfter ?? AGAIN));
      }
    }
  }

  /**
   * @param {ConversationId} conversation_id
   * @param {string} call_id
   * @param {UserId} to
   * @param {Signal} signal
   * @param {DeviceId} [to_device]
   */
  #command(conversation_id, call_id, to, signal, to_device) {
    return { type: 'call', conversation_id, call_id, to, from_device: this.#device, to_device, signal };
  }
}
