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
export async function subscribePush(rest, { pushManager }) {
  const { key } = await rest.pushKey();
  let subscription = await pushManager.getSubscription();
  if (subscription && keyOf(subscription) !== key) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint = '', keys: { p256dh = '', auth = '' } = {} } = subscription.toJSON();
  await rest.pushTo({ endpoint, p256dh, auth });
  return subscription;
}

/**
 * Has nothing pushed to this browser any more.
 * @param {Rest} rest
 * @param {ServiceWorkerRegistration} registration
 */
export async function unsubscribePush(rest, { pushManager }) {
  const subscription = await pushManager.getSubscription();
  if (!subscription) return;
  await subscription.unsubscribe();
  await rest.pushNoMore(subscription.endpoint);
}

/** The key that a subscription is for, as the server tells it. @param {PushSubscription} subscription */
function keyOf(subscription) {
  const key = subscription.options.applicationServerKey;
  if (!key) return null;
  const text = btoa(String.fromCharCode(...new Uint8Array(key)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
