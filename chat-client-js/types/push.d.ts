/** Web Push: a browser shows messages that reach no connection of the user. What it is sent is the JSON of a notice. */
/** @import { Rest } from './rest.js' */
/** @import { ConversationId, ConversationKind, MessageId, MessageKind, Seq, UserId } from '../types/wire.js' */
/**
 * What a service worker's `push` event has as JSON.
 * @typedef {{
 *   user_id: UserId, conversation_id: ConversationId, conversation_type: ConversationKind, conversation_name: string | null,
 *   message_id: MessageId, seq: Seq, message_type: MessageKind, sender_name: string | null, content: string, messages: number,
 * }} PushedNotice
 *   `content` may be cut; `messages` is how many there are of which this is the latest to tell.
 */
/**
 * Has messages pushed to this browser, for as long as the login lasts. The user has to have allowed notifications.
 * Subscribing again does no harm, and moves the browser to the present user: do so at each start.
 * @param {Rest} rest
 * @param {ServiceWorkerRegistration} registration of the worker that shows them
 * @returns {Promise<PushSubscription>}
 */
export function subscribePush(rest: Rest, { pushManager }: ServiceWorkerRegistration): Promise<PushSubscription>;
/**
 * Has nothing pushed to this browser any more.
 * @param {Rest} rest
 * @param {ServiceWorkerRegistration} registration
 */
export function unsubscribePush(rest: Rest, { pushManager }: ServiceWorkerRegistration): Promise<void>;
/**
 * `content` may be cut; `messages` is how many there are of which this is the latest to tell.
 */
export type PushedNotice = {
    user_id: UserId;
    conversation_id: ConversationId;
    conversation_type: ConversationKind;
    conversation_name: string | null;
    message_id: MessageId;
    seq: Seq;
    message_type: MessageKind;
    sender_name: string | null;
    content: string;
    messages: number;
};
import type { Rest } from './rest.js';
import type { UserId } from '../types/wire.js';
import type { ConversationId } from '../types/wire.js';
import type { ConversationKind } from '../types/wire.js';
import type { MessageId } from '../types/wire.js';
import type { Seq } from '../types/wire.js';
import type { MessageKind } from '../types/wire.js';
