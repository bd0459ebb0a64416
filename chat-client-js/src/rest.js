/**
 * Requests to the REST API: one method per route, but for the socket's and for those of a login (`login`, `register`,
 * `Chat.signOut`, and the renewal, which comes by itself). What each takes and answers is in `types/wire.d.ts`.
 */
import { ChatError } from './error.js';

/** @import * as wire from '../types/wire.js' */
/** @import { Credentials } from './credentials.js' */

/** A request that is not answered within has failed. */
const ANSWER_WITHIN = 30_000;
/** An upload may take longer. */
const UPLOADED_WITHIN = 300_000;

/** @typedef {Record<string, string | number | undefined>} Query */

export class Rest {
  /**
   * @param {string} url where the server is, as `https://chat.example`; the API is below `/api/v1/` there
   * @param {Credentials} credentials
   */
  constructor(url, credentials) {
    this.root = new URL('api/v1/', url.endsWith('/') ? url : `${url}/`);
    this.credentials = credentials;
  }

  /**
   * A request in the user's name; an access token that has expired is renewed once.
   * @param {string} method
   * @param {string} path below `/api/v1/`
   * @param {object | FormData} [body]
   * @returns {Promise<any>} the answer's JSON; null if it has none
   */
  request(method, path, body) {
    return this.#renewing((headers) => this.ask(method, path, body, headers));
  }

  /**
   * A request as it is, without credentials but the browser's cookies.
   * @param {string} method
   * @param {string} path
   * @param {object | FormData} [body]
   * @param {Record<string, string>} [headers]
   * @returns {Promise<any>} rejected as `unreachable` too where the answer cannot be read
   */
  async ask(method, path, body, headers = {}) {
    const response = await this.#fetch(method, path, body, headers);
    if (response.status === 204) return null;
    return response.json().catch((cause) => {
      throw new ChatError('unreachable', 'the answer cannot be read', { status: response.status, cause });
    });
  }

  /**
   * @template Answer
   * @param {(headers: Record<string, string>) => Promise<Answer>} work
   * @returns {Promise<Answer>}
   */
  async #renewing(work) {
    try {
      return await work(await this.credentials.headers());
    } catch (error) {
      if (!(error instanceof ChatError) || error.status !== 401) throw error;
      await this.credentials.renew(this, error);
      return work(await this.credentials.headers());
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object | FormData | undefined} body
   * @param {Record<string, string>} headers
   */
  async #fetch(method, path, body, headers) {
    const form = body instanceof FormData;
    const response = await fetch(new URL(path, this.root), {
      method,
      credentials: 'include',
      headers: body && !form ? { ...headers, 'Content-Type': 'application/json' } : headers,
      body: form ? body : body && JSON.stringify(body),
      signal: AbortSignal.timeout(form ? UPLOADED_WITHIN : ANSWER_WITHIN),
    }).catch((cause) => {
      throw new ChatError('unreachable', 'the server cannot be reached', { cause });
    });
    if (!response.ok) throw ChatError.of(response, await response.json().catch(() => null));
    return response;
  }

  /** @param {string} path @param {Query} [query] */
  get(path, query = {}) {
    const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    return this.request('GET', given.length ? `${path}?${new URLSearchParams(given)}` : path);
  }

  /** @param {string} path @param {object | FormData} [body] */
  post(path, body) {
    return this.request('POST', path, body);
  }

  /** @param {string} path @param {object} [body] */
  put(path, body) {
    return this.request('PUT', path, body);
  }

  /** @param {string} path @param {object} body */
  patch(path, body) {
    return this.request('PATCH', path, body);
  }

  /** @param {string} path */
  delete(path) {
    return this.request('DELETE', path);
  }

  /**
   * The whole address of a medium, which the API gives relative to its root.
   * @param {string} url
   */
  mediaUrl(url) {
    return new URL(url, this.root).href;
  }

  /** @returns {Promise<wire.Me>} */
  me() {
    return this.get('users/me');
  }

  /** @param {wire.ProfileBody} body @returns {Promise<wire.Me>} */
  updateMe(body) {
    return this.patch('users/me', body);
  }

  /** Those whom one blocks. @param {{ limit?: number, cursor?: string }} [query] @returns {Promise<wire.BlockPage>} */
  blocks(query) {
    return this.get('users/me/blocks', query);
  }

  /** @param {wire.UserId} user @returns {Promise<null>} */
  block(user) {
    return this.put(`users/me/blocks/${encodeURIComponent(user)}`);
  }

  /** @param {wire.UserId} user @returns {Promise<null>} */
  unblock(user) {
    return this.delete(`users/me/blocks/${encodeURIComponent(user)}`);
  }

  /** @returns {Promise<wire.PrivacyView>} */
  privacy() {
    return this.get('users/me/privacy');
  }

  /** @param {wire.PrivacyUpdate} body @returns {Promise<wire.PrivacyView>} */
  setPrivacy(body) {
    return this.patch('users/me/privacy', body);
  }

  /** @param {wire.UserId} id @returns {Promise<wire.ProfileView>} */
  user(id) {
    return this.get(`users/${encodeURIComponent(id)}`);
  }

  /** @param {{ search?: string, limit?: number, cursor?: string }} [query] @returns {Promise<wire.UserPage>} */
  users(query) {
    return this.get('users', query);
  }

  /** Up to 200 users by their ids. @param {wire.UserId[]} ids @returns {Promise<wire.UserPage>} */
  usersById(ids) {
    return this.get('users', { ids: ids.join(',') });
  }

  /** @param {{ limit?: number, cursor?: string }} [query] @returns {Promise<wire.InboxPage>} */
  inbox(query) {
    return this.get('conversations', query);
  }

  /** Opens the direct conversation with a user, made if there is none. @param {wire.UserId} participant_id @returns {Promise<wire.ConversationPage>} */
  openDirect(participant_id) {
    return this.post('conversations', { type: 'direct', participant_id });
  }

  /** @param {string} name @param {wire.UserId[]} participant_ids @returns {Promise<wire.ConversationPage>} */
  createGroup(name, participant_ids) {
    return this.post('conversations', { type: 'group', name, participant_ids });
  }

  /** @param {wire.ConversationId} id @returns {Promise<wire.ConversationPage>} */
  conversation(id) {
    return this.get(`conversations/${id}`);
  }

  /** @param {wire.ConversationId} id @param {wire.ConversationUpdate} body @returns {Promise<wire.ConversationPage>} */
  updateConversation(id, body) {
    return this.patch(`conversations/${id}`, body);
  }

  /** @param {wire.ConversationId} id @param {{ limit?: number, cursor?: string }} [query] @returns {Promise<wire.MemberPage>} */
  members(id, query) {
    return this.get(`conversations/${id}/members`, query);
  }

  /** @param {wire.ConversationId} id @param {wire.UserId[]} participant_ids @returns {Promise<wire.ConversationPage>} */
  addMembers(id, participant_ids) {
    return this.post(`conversations/${id}/members`, { participant_ids });
  }

  /** @param {wire.ConversationId} id @param {wire.UserId} user @param {wire.Role} role @returns {Promise<wire.ConversationPage>} */
  setRole(id, user, role) {
    return this.patch(`conversations/${id}/members/${encodeURIComponent(user)}`, { role });
  }

  /** @param {wire.ConversationId} id @param {wire.UserId} user @returns {Promise<null>} */
  removeMember(id, user) {
    return this.delete(`conversations/${id}/members/${encodeURIComponent(user)}`);
  }

  /** @param {wire.ConversationId} id @returns {Promise<null>} */
  leave(id) {
    return this.post(`conversations/${id}/leave`);
  }

  /** One page, oldest first: the latest, or before, after or around a seq. @param {wire.ConversationId} id @param {{ before?: wire.Seq, after?: wire.Seq, around?: wire.Seq, limit?: number }} [query] @returns {Promise<wire.HistoryPage>} */
  history(id, query) {
    return this.get(`conversations/${id}/messages`, query);
  }

  /**
   * Sends a message once, without the outbox of a `Chat`: repeat it under its `client_id` where the answer did not come.
   * @param {wire.ConversationId} id @param {wire.MessageBody} body @returns {Promise<wire.MessageView>}
   */
  sendMessage(id, body) {
    return this.post(`conversations/${id}/messages`, body);
  }

  /** @param {wire.ConversationId} id @param {wire.MessageId} message @returns {Promise<wire.MessageView>} */
  message(id, message) {
    return this.get(`conversations/${id}/messages/${message}`);
  }

  /** Gives a message of one's own another text. @param {wire.ConversationId} id @param {wire.MessageId} message @param {string} content @returns {Promise<wire.MessageView>} */
  editMessage(id, message, content) {
    return this.patch(`conversations/${id}/messages/${message}`, { content });
  }

  /** Takes a message's content away. @param {wire.ConversationId} id @param {wire.MessageId} message @returns {Promise<wire.MessageView>} */
  deleteMessage(id, message) {
    return this.delete(`conversations/${id}/messages/${message}`);
  }

  /** Those who gave a message this reaction. @param {wire.ConversationId} id @param {wire.MessageId} message @param {{ reaction: wire.Reaction, limit?: number, cursor?: string }} query @returns {Promise<wire.ReactorPage>} */
  reactors(id, message, query) {
    return this.get(`conversations/${id}/messages/${message}/reactions`, query);
  }

  /** @param {wire.ConversationId} id @param {wire.MessageId} message @param {wire.Reaction} reaction @returns {Promise<wire.MessageView>} */
  react(id, message, reaction) {
    return this.put(`conversations/${id}/messages/${message}/reactions/${encodeURIComponent(reaction)}`);
  }

  /** @param {wire.ConversationId} id @param {wire.MessageId} message @param {wire.Reaction} reaction @returns {Promise<wire.MessageView>} */
  unreact(id, message, reaction) {
    return this.delete(`conversations/${id}/messages/${message}/reactions/${encodeURIComponent(reaction)}`);
  }

  /** Says that everything up to this message has arrived. @param {wire.ConversationId} id @param {wire.Seq} seq @returns {Promise<wire.MarkersView>} */
  delivered(id, seq) {
    return this.post(`conversations/${id}/delivered`, { seq });
  }

  /** Says that everything up to this message has been read. @param {wire.ConversationId} id @param {wire.Seq} seq @returns {Promise<wire.MarkersView>} */
  read(id, seq) {
    return this.post(`conversations/${id}/read`, { seq });
  }

  /** Messages with all these words, newest first. @param {{ search: string, conversation_id?: wire.ConversationId, limit?: number, cursor?: string }} query @returns {Promise<wire.MessagePage>} */
  search(query) {
    return this.get('messages', query);
  }

  /** @param {Blob} file @param {wire.Purpose} [purpose] @returns {Promise<wire.UploadView>} */
  upload(file, purpose = 'attachment') {
    const form = new FormData();
    form.append('file', file);
    return this.post(`uploads?purpose=${purpose}`, form);
  }

  /** The servers that help two devices to connect for a call. @returns {Promise<wire.IceServers>} */
  iceServers() {
    return this.get('calls/ice-servers');
  }

  /** The key that browsers subscribe to, where the server pushes. @returns {Promise<wire.PushKeyView>} */
  pushKey() {
    return this.get('push/key');
  }

  /** One's browsers that are pushed to. @returns {Promise<wire.PushSubscriptionList>} */
  pushSubscriptions() {
    return this.get('push/subscriptions');
  }

  /** Has messages pushed to a browser; `subscribePush` does so for this one. @param {wire.PushSubscriptionBody} body @returns {Promise<wire.PushSubscriptionView>} */
  pushTo(body) {
    return this.post('push/subscriptions', body);
  }

  /** Has nothing pushed there any more. @param {string} endpoint @returns {Promise<null>} */
  pushNoMore(endpoint) {
    return this.request('DELETE', 'push/subscriptions', { endpoint });
  }

  /** A file's bytes. A page shows it by its address instead: `mediaUrl`. @param {wire.UploadId} id @returns {Promise<Blob>} */
  file(id) {
    return this.#blob(`uploads/${id}`);
  }

  /** A smaller picture's bytes. @param {wire.UploadId} id @returns {Promise<Blob>} */
  thumbnail(id) {
    return this.#blob(`uploads/${id}/thumbnail`);
  }

  /** @param {string} path */
  async #blob(path) {
    const response = await this.#renewing((headers) => this.#fetch('GET', path, undefined, headers));
    return response.blob().catch((cause) => {
      throw new ChatError('unreachable', 'the file cannot be read', { cause });
    });
  }

  /** The API's description, as OpenAPI 3.1. @returns {Promise<any>} */
  openapi() {
    return this.get('openapi.json');
  }

  /** @returns {Promise<wire.SessionList>} */
  sessions() {
    return this.get('auth/sessions');
  }

  /** @param {string} id @returns {Promise<null>} */
  endSession(id) {
    return this.delete(`auth/sessions/${id}`);
  }

  /** @param {wire.PasswordBody} body @returns {Promise<wire.SessionView>} */
  changePassword(body) {
    return this.post('auth/password', body);
  }

  /** A one-use credential for a WebSocket. @returns {Promise<wire.TicketView>} */
  ticket() {
    return this.post('auth/ticket');
  }
}
