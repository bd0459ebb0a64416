/** One call with one other user, from the first ring to its end. */
import { Emitter } from './emitter.js';

/** @import { CallSignal, ConversationId, DeviceId, HangupReason, IceCandidate, Signal, UserId } from '../types/wire.js' */

/**
 * `calling`: the other does not ring yet, or does not tell. `ringing`: a device of the other rings; of a call that
 * comes in, this one. `connecting`: it was taken.
 * @typedef {'calling' | 'ringing' | 'connecting' | 'connected' | 'ended'} CallState
 */

/** Why it ended; `elsewhere`: another device of one's own took or declined it. @typedef {HangupReason | 'elsewhere'} EndReason */

/**
 * What a call needs of those who keep it.
 * @typedef {{
 *   say: (call: Call, signal: Signal, to?: DeviceId) => Promise<void>,
 *   connection: (call: Call) => Promise<RTCPeerConnection | undefined>,
 *   over: (call: Call) => void,
 * }} Line
 *   `say` and `connection` repeat what may succeed later as long as the call lasts, and are rejected with what is final
 */

/** Where it goes, and the offer of one that comes in. @typedef {{ id: string, conversation: ConversationId, peer: UserId, offer?: CallSignal }} About */

/** It rings for so long. */
const RINGS = 45_000;
/** A call that comes in rings a little longer: the caller says when it is over. */
const RINGS_HERE = 60_000;
/** Two who want to talk are connected within. */
const CONNECTS = 30_000;
/** Candidates are gathered so long, and sent together. */
const GATHERS = 100;
/** So many at once. */
const TOGETHER = 32;
/** Candidates that may come before they can be used. */
const EARLY = 256;

/** @extends {Emitter<{ state: CallState, remote: MediaStream }>} */
export class Call extends Emitter {
  /** @type {CallState} */
  #state;
  #line;
  /** The device of the other that the call is with, once it is known. @type {DeviceId | undefined} */
  #device;
  #offer = '';
  /** @type {MediaStream | undefined} */
  #stream;
  /** @type {RTCPeerConnection | undefined} */
  #connection;
  /** Which connection counts: a call that crossed another makes a second one. */
  #turn = 0;
  /** Whether the other's description is known. */
  #described = false;
  /** @type {IceCandidate[]} */
  #early = [];
  /** @type {IceCandidate[]} */
  #found = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #gathering;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #late;

  /** @param {Line} line @param {About} about */
  constructor(line, { id, conversation, peer, offer }) {
    super();
    this.#line = line;
    this.id = id;
    this.conversation = conversation;
    this.peer = peer;
    this.outgoing = offer === undefined;
    /** What comes from the other, once there is something. @type {MediaStream | undefined} */
    this.remote = undefined;
    /** Why it ended. @type {EndReason | undefined} */
    this.reason = undefined;
    /** What went wrong, if something did. @type {unknown} */
    this.error = undefined;
    /** When the two were connected, in milliseconds. @type {number | undefined} */
    this.since = undefined;
    this.#state = offer ? 'ringing' : 'calling';
    if (offer) this.#offered(offer);
    this.#expect(offer ? RINGS_HERE : RINGS, 'unanswered');
  }

  get state() {
    return this.#state;
  }

  /** Whether the other offers a picture. */
  get video() {
    return /^m=video /m.test(this.#offer);
  }

  /** Calls, with what is to be sent: for those who keep it. @param {MediaStream} stream */
  async begin(stream) {
    this.#stream = stream;
    await this.#connect(async (connection, counts) => {
      this.#addTracks(connection);
      const { sdp = '' } = await connection.createOffer();
      await connection.setLocalDescription({ type: 'offer', sdp });
      if (counts()) await this.#say({ type: 'offer', sdp });
    });
  }

  /** Takes a call that comes in. The stream stays the caller's, to stop it when the call has ended. @param {MediaStream} stream */
  async accept(stream) {
    if (this.outgoing || this.#state !== 'ringing') return;
    this.#stream = stream;
    this.#expect(CONNECTS, 'failed');
    this.#tell('connecting');
    await this.#connect(async (connection, counts) => {
      await connection.setRemoteDescription({ type: 'offer', sdp: this.#offer });
      this.#addTracks(connection);
      const { sdp = '' } = await connection.createAnswer();
      await connection.setLocalDescription({ type: 'answer', sdp });
      if (!counts()) return;
      await this.#say({ type: 'answer', sdp });
      this.#describe(connection);
    });
  }

  /** Ends the call; declines one that rings here. @param {HangupReason} [reason] */
  hangUp(reason) {
    if (this.#state === 'ended') return;
    const declines = !this.outgoing && this.#state === 'ringing';
    this.#over(reason ?? (declines ? 'declined' : 'ended'));
  }

  /** The page goes. Where it only rings, other devices may still take the call. */
  leave() {
    if (this.outgoing || this.#state !== 'ringing') this.hangUp();
  }

  /** Nothing more is heard of the call. Where it only rings, other devices may still take it. */
  forget() {
    this.leave();
    this.takenElsewhere();
  }

  /** What the other side says. @param {CallSignal} told */
  heard({ from_device, signal }) {
    if (this.#state === 'ended') return;
    const known = this.#device === undefined || this.#device === from_device;
    switch (signal.type) {
      case 'ringing':
        if (this.#state === 'calling') this.#tell('ringing');
        break;
      case 'answer':
        void this.#answered(from_device, signal.sdp);
        break;
      case 'candidates':
        if (known) this.#reachable(signal.candidates);
        break;
      case 'hangup':
        // Whoever did not take it may have declined it at the same moment.
        if (known || signal.reason === 'ended' || signal.reason === 'failed') this.#end(signal.reason);
    }
  }

  /** Another device of one's own took or declined it. */
  takenElsewhere() {
    if (!this.outgoing && this.#state === 'ringing') this.#end('elsewhere');
  }

  /** Whether both call each other, and none has answered yet. @param {CallSignal} offer */
  crosses({ from, conversation_id }) {
    const open = this.outgoing && (this.#state === 'calling' || this.#state === 'ringing');
    return open && from === this.peer && conversation_id === this.conversation;
  }

  /** Both called at once, and the other's call is the one that counts: it is taken with what was to be sent. @param {CallSignal} offer */
  cross(offer) {
    void this.#line.say(this, { type: 'hangup', reason: 'ended' }).catch(() => {});
    this.#release();
    this.id = offer.call_id;
    this.outgoing = false;
    this.#state = 'ringing';
    this.#offered(offer);
    if (this.#stream) void this.accept(this.#stream);
  }

  /** @param {CallSignal} offer */
  #offered({ from_device, signal }) {
    this.#device = from_device;
    this.#offer = signal.type === 'offer' ? signal.sdp : '';
  }

  /** The first device that answers has the call. @param {DeviceId} device @param {string} sdp */
  async #answered(device, sdp) {
    const connection = this.#connection;
    if (!this.outgoing || !connection || this.#device === device) return;
    if (this.#device !== undefined) {
      void this.#line.say(this, { type: 'hangup', reason: 'ended' }, device).catch(() => {});
      return;
    }
    this.#device = device;
    this.#expect(CONNECTS, 'failed');
    this.#tell('connecting');
    try {
      await connection.setRemoteDescription({ type: 'answer', sdp });
      if (connection === this.#connection) this.#describe(connection);
    } catch (error) {
      this.#failed(error);
    }
  }

  /**
   * Makes the connection that counts from now on, and does something with it.
   * @param {(connection: RTCPeerConnection, counts: () => boolean) => Promise<void>} work
   */
  async #connect(work) {
    const turn = (this.#turn += 1);
    const counts = () => turn === this.#turn && this.#state !== 'ended';
    try {
      const connection = await this.#line.connection(this);
      if (!connection || !counts()) return connection?.close();
      this.#connection = connection;
      connection.onicecandidate = ({ candidate }) => candidate && this.#gather(candidate);
      connection.ontrack = ({ streams: [stream] }) => stream && this.#show(stream);
      connection.onconnectionstatechange = () => this.#moved(connection.connectionState);
      await work(connection, counts);
    } catch (error) {
      if (counts()) this.#failed(error);
    }
  }

  /** @param {RTCPeerConnection} connection */
  #addTracks(connection) {
    const stream = this.#stream;
    stream?.getTracks().forEach((track) => connection.addTrack(track, stream));
  }

  /** @param {MediaStream} stream */
  #show(stream) {
    if (this.remote === stream) return;
    this.remote = stream;
    this.emit('remote', stream);
  }

  /** @param {RTCPeerConnectionState} state */
  #moved(state) {
    if (state === 'failed') return this.#over('failed');
    if (state !== 'connected' || this.#state === 'connected') return;
    clearTimeout(this.#late);
    this.since = Date.now();
    this.#tell('connected');
  }

  /** @param {RTCIceCandidate} candidate */
  #gather({ candidate, sdpMid, sdpMLineIndex }) {
    this.#found.push({ candidate, sdp_mid: sdpMid, sdp_m_line_index: sdpMLineIndex });
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      while (this.#found.length > 0) {
        const signal = /** @type {Signal} */ ({ type: 'candidates', candidates: this.#found.splice(0, TOGETHER) });
        this.#say(signal).catch((error) => this.#failed(error));
      }
    }, GATHERS);
  }

  /** @param {IceCandidate[]} candidates */
  #reachable(candidates) {
    this.#early.push(...candidates.slice(0, EARLY - this.#early.length));
    if (this.#described && this.#connection) this.#describe(this.#connection);
  }

  /** The other's description is known: its candidates can be used. @param {RTCPeerConnection} connection */
  #describe(connection) {
    this.#described = true;
    for (const { candidate, sdp_mid, sdp_m_line_index } of this.#early.splice(0)) {
      // One that cannot be used does no harm: others may do.
      connection.addIceCandidate({ candidate, sdpMid: sdp_mid, sdpMLineIndex: sdp_m_line_index }).catch(() => {});
    }
  }

  /** To the device that the call is with; to all of the other's before one has answered. @param {Signal} signal */
  #say(signal) {
    return this.#line.say(this, signal, this.#device);
  }

  /** @param {number} within @param {'unanswered' | 'failed'} reason */
  #expect(within, reason) {
    clearTimeout(this.#late);
    // What rings here for too long is nobody's to hang up: the caller has gone.
    this.#late = setTimeout(() => (!this.outgoing && this.#state === 'ringing' ? this.#end(reason) : this.#over(reason)), within);
  }

  /** @param {unknown} error */
  #failed(error) {
    this.error ??= error;
    this.#over('failed');
  }

  /** Ends it and says so, to every device: one that comes back has another connection, and one that rings must stop. @param {HangupReason} reason */
  #over(reason) {
    if (this.#state === 'ended') return;
    this.#end(reason, () => void this.#line.say(this, { type: 'hangup', reason }).catch(() => {}));
  }

  /** @param {EndReason} reason */
  #end(reason, last = () => {}) {
    clearTimeout(this.#late);
    this.#release();
    this.reason = reason;
    this.#state = 'ended';
    last();
    this.#line.over(this);
    this.emit('state', 'ended');
  }

  #release() {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#found = [];
    this.#early = [];
    this.#described = false;
    const connection = this.#connection;
    this.#connection = undefined;
    if (!connection) return;
    connection.onicecandidate = connection.ontrack = connection.onconnectionstatechange = null;
    connection.close();
  }

  /** @param {CallState} state */
  #tell(state) {
    this.#state = state;
    this.emit('state', state);
  }
}
