/** @extends {Emitter<{ state: CallState, remote: MediaStream }>} */
export class Call extends Emitter<{
    state: CallState;
    remote: MediaStream;
}> {
    /** @param {Line} line @param {About} about */
    constructor(line: Line, { id, conversation, peer, offer }: About);
    id: string;
    conversation: string;
    peer: string;
    outgoing: boolean;
    /** What comes from the other, once there is something. @type {MediaStream | undefined} */
    remote: MediaStream | undefined;
    /** Why it ended. @type {EndReason | undefined} */
    reason: EndReason | undefined;
    /** What went wrong, if something did. @type {unknown} */
    error: unknown;
    /** When the two were connected, in milliseconds. @type {number | undefined} */
    since: number | undefined;
    get state(): CallState;
    /** Whether the other offers a picture. */
    get video(): boolean;
    /** Calls, with what is to be sent: for those who keep it. @param {MediaStream} stream */
    begin(stream: MediaStream): Promise<void>;
    /** Takes a call that comes in. The stream stays the caller's, to stop it when the call has ended. @param {MediaStream} stream */
    accept(stream: MediaStream): Promise<void>;
    /** Ends the call; declines one that rings here. @param {HangupReason} [reason] */
    hangUp(reason?: HangupReason): void;
    /** The page goes. Where it only rings, other devices may still take the call. */
    leave(): void;
    /** Nothing more is heard of the call. Where it only rings, other devices may still take it. */
    forget(): void;
    /** What the other side says. @param {CallSignal} told */
    heard({ from_device, signal }: CallSignal): void;
    /** Another device of one's own took or declined it. */
    takenElsewhere(): void;
    /** Whether both call each other, and none has answered yet. @param {CallSignal} offer */
    crosses({ from, conversation_id }: CallSignal): boolean;
    /** Both called at once, and the other's call is the one that counts: it is taken with what was to be sent. @param {CallSignal} offer */
    cross(offer: CallSignal): void;
    #private;
}
/**
 * `calling`: the other does not ring yet, or does not tell. `ringing`: a device of the other rings; of a call that
 * comes in, this one. `connecting`: it was taken.
 */
export type CallState = "calling" | "ringing" | "connecting" | "connected" | "ended";
/**
 * Why it ended; `elsewhere`: another device of one's own took or declined it.
 */
export type EndReason = HangupReason | "elsewhere";
/**
 * `say` and `connection` repeat what may succeed later as long as the call lasts, and are rejected with what is final
 */
export type Line = {
    say: (call: Call, signal: Signal, to?: DeviceId) => Promise<void>;
    connection: (call: Call) => Promise<RTCPeerConnection | undefined>;
    over: (call: Call) => void;
};
/**
 * Where it goes, and the offer of one that comes in.
 */
export type About = {
    id: string;
    conversation: ConversationId;
    peer: UserId;
    offer?: CallSignal;
};
import { Emitter } from './emitter.js';
import type { HangupReason } from '../types/wire.js';
import type { CallSignal } from '../types/wire.js';
import type { Signal } from '../types/wire.js';
import type { DeviceId } from '../types/wire.js';
import type { ConversationId } from '../types/wire.js';
import type { UserId } from '../types/wire.js';
