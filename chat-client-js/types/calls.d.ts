/** @extends {Emitter<{ incoming: Call }>} */
export class Calls extends Emitter<{
    incoming: Call;
}> {
    /**
     * @param {Chat} chat
     * @param {CallOptions} [options]
     */
    constructor(chat: Chat, options?: CallOptions);
    /** The call that is on, or rings. There is one at a time: whoever calls meanwhile is told that it is busy. */
    get current(): Call | undefined;
    /**
     * Calls a member of a conversation.
     * @param {ConversationId} conversation
     * @param {UserId} peer
     * @param {MediaStream} stream what is sent; it stays the caller's, to stop it when the call has ended
     * @returns {Call}
     */
    call(conversation: ConversationId, peer: UserId, stream: MediaStream): Call;
    /** Ends the call that is on, and hears of none any more. */
    close(): void;
    #private;
}
/**
 * How calls connect: by default the browser's `RTCPeerConnection`.
 */
export type CallOptions = {
    peer?: new (config: RTCConfiguration) => RTCPeerConnection;
};
import { Call } from './call.js';
import { Emitter } from './emitter.js';
import type { ConversationId } from '../types/wire.js';
import type { UserId } from '../types/wire.js';
import type { Chat } from './chat.js';
