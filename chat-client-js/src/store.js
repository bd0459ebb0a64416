/**
 * What a user interface knows: conversations, messages, members, presence. Optional: a client works without it.
 *
 * `loadInbox` begins it, `apply` takes every frame of a client, and the other functions read it.
 */

/** @import { ConversationId, ConversationView, MarkersView, MemberView, MessageView, ProfileView, Seq, UserId } from '../types/wire.js' */
/** @import { AnyFrame, Kept } from './positions.js' */
/** @import { Rest } from './rest.js' */

/** A user; of some only the id and the presence are known. @typedef {Partial<ProfileView> & { id: UserId }} User */

/** A conversation as the inbox, a page or an event shows it. @typedef {ConversationView & { members?: MemberView[], users?: ProfileView[], me?: MemberView, peer?: MemberView, last_message?: MessageView, unread_count?: number }} Shown */

/** @typedef {Pick<MarkersView, 'conversation_id' | 'user_id' | 'delivered_seq' | 'read_seq'>} Marker */

/**
 * @typedef {{
 *   me: User,
 *   epoch: string | undefined,
 *   resuming: boolean,
 *   active: ConversationId | null,
 *   connection: string,
 *   users: Map<UserId, User>,
 *   conversations: Map<ConversationId, ConversationView>,
 *   messages: Map<ConversationId, Map<Seq, MessageView>>,
 *   latest: Map<ConversationId, MessageView>,
 *   members: Map<ConversationId, Map<UserId, MemberView>>,
 *   typing: Map<ConversationId, Map<UserId, number>>,
 *   complete: Set<ConversationId>,
 *   stale: Set<ConversationId>,
 *   blocked: Set<UserId>,
 * }} State
 *   `latest` is the last message of each conversation that is known; `typing` says until when; `complete` are the histories that are known to their beginning; `stale` those of which
 *   pages must be loaded anew; `blocked` are those whom one blocks, as far as it was told; `active` and `connection` are the interface's own
 */

/** How long a typing notice is shown, in milliseconds. */
const TYPING = 6_000;

/** @param {User} me @returns {State} */
export function createState(me) {
  return {
    me, epoch: undefined, resuming: true, active: null, connection: 'connecting',
    users: new Map(), conversations: new Map(), messages: new Map(), latest: new Map(), members: new Map(), typing: new Map(),
    complete: new Set(), stale: new Set(), blocked: new Set(),
  };
}

/**
 * Reads the whole inbox.
 * @param {State} state
 * @param {Rest} rest
 * @returns {Promise<Kept>} up to where everything is known, for a client to resume from
 */
export async function loadInbox(state, rest) {
  /** @type {Kept} */
  const kept = { revs: {} };
  /** @type {string | undefined} */
  let cursor;
  do {
    const page = await rest.inbox({ limit: 200, cursor });
    addUsers(state, page.users);
    for (const row of page.items) {
      addConversation(state, row);
      kept.revs[row.id] = row.rev;
    }
    kept.epoch = state.epoch = page.epoch;
    cursor = page.next_cursor;
  } while (cursor);
  return kept;
}

/** Takes profiles. @param {State} state @param {User[]} users */
export function addUsers(state, users) {
  for (const user of users) state.users.set(user.id, { ...state.users.get(user.id), ...user });
}

/** Takes a conversation as REST or an event shows it; what is newer here stays. @param {State} state @param {Shown} view */
export function addConversation(state, view) {
  const known = state.conversations.get(view.id);
  const { members, users, me, peer, last_message, unread_count, ...conversation } = view;
  if (users) addUsers(state, users);
  if (members) setMembers(state, view.id, members);
  const older = known && known.rev > conversation.rev;
  const merged = older ? { ...conversation, ...known } : { ...known, ...conversation };
  merged.last_seq = Math.max(known?.last_seq ?? 0, conversation.last_seq);
  merged.rev = Math.max(known?.rev ?? 0, conversation.rev);
  for (const side of [me, peer]) if (side) setMember(state, view.id, side);
  state.conversations.set(view.id, merged);
  if (last_message) addMessages(state, [last_message]);
  return merged;
}

/** @param {State} state @param {ConversationId} id @param {MemberView[]} members */
export function setMembers(state, id, members) {
  for (const member of members) setMember(state, id, member);
}

/** @param {State} state @param {ConversationId} id @param {MemberView} member */
function setMember(state, id, member) {
  const all = mapOf(state.members, id);
  const known = all.get(member.user_id);
  const merged = known && known.rev > (member.rev ?? 0) ? { ...member, ...known } : { ...known, ...member };
  merged.delivered_seq = Math.max(known?.delivered_seq ?? 0, member.delivered_seq ?? 0);
  merged.read_seq = Math.max(known?.read_seq ?? 0, member.read_seq ?? 0);
  all.set(member.user_id, merged);
}

/** Takes messages, by their numbers; of two states of one, the later stays. @param {State} state @param {MessageView[]} messages */
export function addMessages(state, messages) {
  for (const message of messages) {
    const all = mapOf(state.messages, message.conversation_id);
    const known = all.get(message.seq);
    if (known && known.rev > message.rev) continue;
    all.set(message.seq, message);
    const latest = state.latest.get(message.conversation_id);
    if (!latest || latest.seq <= message.seq) state.latest.set(message.conversation_id, message);
  }
}

/**
 * Takes messages that are new or revised: of revised ones those that are shown, the others come with their page.
 * @param {State} state @param {ConversationId} id @param {MessageView[]} messages @param {Seq} lastSeq
 */
function takeMessages(state, id, messages, lastSeq) {
  const shown = state.messages.get(id);
  addMessages(state, messages.filter((message) => message.seq > lastSeq || shown?.has(message.seq)));
}

/** Markers only grow. @param {State} state @param {Marker} marker */
export function moveMarkers(state, marker) {
  const known = mapOf(state.members, marker.conversation_id).get(marker.user_id);
  if (known) setMember(state, marker.conversation_id, { ...known, delivered_seq: marker.delivered_seq, read_seq: marker.read_seq });
}

/**
 * @template Key, Value
 * @param {Map<ConversationId, Map<Key, Value>>} maps
 * @param {ConversationId} id
 * @returns {Map<Key, Value>}
 */
function mapOf(maps, id) {
  const map = maps.get(id) ?? new Map();
  maps.set(id, map);
  return map;
}

/** Whether a log event is of a conversation that is known. That it is new is the client's part. @param {State} state @param {ConversationId} id @param {number} rev */
function admit(state, id, rev) {
  const conversation = state.conversations.get(id);
  if (!conversation) return false;
  conversation.rev = Math.max(conversation.rev, rev);
  return true;
}

/**
 * Applies a frame of a client, in the order in which it tells them. Frames of unknown types change nothing.
 * @param {State} state
 * @param {AnyFrame} frame
 * @returns {boolean} whether anything changed
 */
export function apply(state, frame) {
  const handler = HANDLERS[frame.type];
  return handler ? handler(state, frame) !== false : false;
}

/** @type {Record<string, (state: State, frame: any) => boolean | void>} */
const HANDLERS = {
  ready(state, frame) {
    state.resuming = true;
    if (state.epoch && state.epoch !== frame.epoch) {
      for (const conversation of state.conversations.values()) {
        conversation.rev = 0;
        state.stale.add(conversation.id);
      }
      for (const members of state.members.values()) {
        for (const member of members.values()) Object.assign(member, { rev: 0, delivered_seq: 0, read_seq: 0 });
      }
      state.messages.clear();
      state.latest.clear();
      state.complete.clear();
    }
    state.epoch = frame.epoch;
  },
  changes(state, { conversation, since, rev, reset, members, messages }) {
    const known = state.conversations.get(conversation.id);
    const lastSeq = since > 0 ? known?.last_seq ?? 0 : 0;
    addConversation(state, { ...conversation, rev });
    if (!known) state.stale.add(conversation.id);
    if (reset) {
      state.messages.delete(conversation.id);
      state.latest.delete(conversation.id);
      state.complete.delete(conversation.id);
      state.stale.add(conversation.id);
    }
    setMembers(state, conversation.id, members);
    takeMessages(state, conversation.id, messages, lastSeq);
    for (const message of messages) sentIsRead(state, message);
  },
  resumed(state, { left, markers }) {
    state.resuming = false;
    for (const id of left) forget(state, id);
    for (const marker of markers) moveMarkers(state, marker);
  },
  message_created(state, { message }) {
    if (!admit(state, message.conversation_id, message.rev)) return false;
    const conversation = state.conversations.get(message.conversation_id);
    if (conversation) conversation.last_seq = Math.max(conversation.last_seq, message.seq);
    addMessages(state, [message]);
    sentIsRead(state, message);
    state.typing.get(message.conversation_id)?.delete(message.sender_id);
  },
  message_updated(state, { message }) {
    const id = message.conversation_id;
    if (!admit(state, id, message.rev)) return false;
    takeMessages(state, id, [message], state.conversations.get(id)?.last_seq ?? 0);
  },
  member_updated(state, { conversation_id, member }) {
    if (!admit(state, conversation_id, member.rev)) return false;
    setMember(state, conversation_id, member);
    recount(state, conversation_id);
  },
  member_removed(state, { conversation_id, member }) {
    if (!admit(state, conversation_id, member.rev)) return false;
    if (member.user_id === state.me.id) return forget(state, conversation_id);
    setMember(state, conversation_id, member);
    recount(state, conversation_id);
  },
  conversation_updated(state, { conversation, rev }) {
    if (!admit(state, conversation.id, rev)) return false;
    const { name, avatar_url } = conversation;
    Object.assign(state.conversations.get(conversation.id) ?? {}, { name, avatar_url });
  },
  conversation_joined(state, { conversation, members }) {
    forget(state, conversation.id);
    addConversation(state, { ...conversation, members });
    state.stale.add(conversation.id);
  },
  marker_moved: (state, marker) => moveMarkers(state, marker),
  typing(state, { conversation_id, user_id, active }) {
    if (user_id === state.me.id) return false;
    const typing = mapOf(state.typing, conversation_id);
    if (active) typing.set(user_id, Date.now() + TYPING);
    else typing.delete(user_id);
  },
  presence_changed(state, { user_id, online, last_seen }) {
    state.users.set(user_id, { ...state.users.get(user_id), id: user_id, online, last_seen });
  },
  presence_state(state, { users }) {
    for (const user of users) HANDLERS.presence_changed?.(state, user);
  },
  block_changed(state, { user_id, blocked }) {
    if (blocked) state.blocked.add(user_id);
    else state.blocked.delete(user_id);
  },
};

/** Sending a message also reads it. @param {State} state @param {MessageView} message */
function sentIsRead(state, message) {
  const { conversation_id, sender_id, seq } = message;
  moveMarkers(state, { conversation_id, user_id: sender_id, delivered_seq: seq, read_seq: seq });
}

/** @param {State} state @param {ConversationId} id */
function recount(state, id) {
  const conversation = state.conversations.get(id);
  const members = [...(state.members.get(id)?.values() ?? [])];
  if (conversation && members.length > 0) conversation.member_count = members.filter((member) => member.active).length;
}

/** @param {State} state @param {ConversationId} id */
function forget(state, id) {
  for (const maps of [state.conversations, state.messages, state.latest, state.members, state.typing]) maps.delete(id);
  state.complete.delete(id);
  if (state.active === id) state.active = null;
}

/** How many messages one has not read. @param {State} state @param {ConversationId} id */
export function unread(state, id) {
  const mine = state.members.get(id)?.get(state.me.id);
  return Math.max(0, (state.conversations.get(id)?.last_seq ?? 0) - (mine?.read_seq ?? 0));
}

/** A conversation's messages in order. @param {State} state @param {ConversationId} id */
export function history(state, id) {
  return [...(state.messages.get(id)?.values() ?? [])].sort((a, b) => a.seq - b.seq);
}

/** The run of messages without a gap that ends with the last one. @param {State} state @param {ConversationId} id */
export function latestRun(state, id) {
  const all = history(state, id);
  return run(all, all.length - 1);
}

/** The run of messages without a gap that this one is in; none where it is not known. @param {State} state @param {ConversationId} id @param {Seq} seq */
export function runAround(state, id, seq) {
  const all = history(state, id);
  return run(all, all.findIndex((message) => message.seq === seq));
}

/** @param {MessageView[]} all @param {number} at */
function run(all, at) {
  const follows = (/** @type {number} */ later) => all[later]?.seq === (all[later - 1]?.seq ?? NaN) + 1;
  let [from, to] = [at, at];
  while (follows(from)) from -= 1;
  while (follows(to + 1)) to += 1;
  return at < 0 ? [] : all.slice(from, to + 1);
}

/** The members but oneself. @param {State} state @param {ConversationId} id */
export function others(state, id) {
  return [...(state.members.get(id)?.values() ?? [])].filter((member) => member.active && member.user_id !== state.me.id);
}

/** A message in a line: its text, or what it is instead. @param {MessageView} message */
export function summary(message) {
  /** @type {Partial<Record<MessageView['message_type'], string>>} */
  const kinds = { deleted: 'Deleted message', video: 'Video', audio: 'Sound', file: 'File' };
  return message.content || (kinds[message.message_type] ?? 'Picture');
}

/** @param {State} state @param {UserId | undefined} id */
export function userName(state, id) {
  const user = id === undefined ? undefined : state.users.get(id);
  return user?.display_name ?? user?.username ?? 'Somebody';
}

/** The other side of a direct conversation. @param {State} state @param {ConversationId} id */
export function peerId(state, id) {
  return others(state, id)[0]?.user_id;
}

/** @param {State} state @param {ConversationView} conversation */
export function title(state, conversation) {
  return conversation.type === 'direct' ? userName(state, peerId(state, conversation.id)) : conversation.name;
}

/** How far one's own message has come: 'sent', 'delivered' or 'read'. @param {State} state @param {MessageView} message */
export function status(state, message) {
  const all = others(state, message.conversation_id);
  if (all.length === 0) return 'sent';
  if (all.every((member) => member.read_seq >= message.seq)) return 'read';
  return all.every((member) => member.delivered_seq >= message.seq) ? 'delivered' : 'sent';
}

/** Whether one may take a message's content away. @param {State} state @param {MessageView} message */
export function mayDelete(state, message) {
  const role = state.members.get(message.conversation_id)?.get(state.me.id)?.role;
  const presides = state.conversations.get(message.conversation_id)?.type === 'group' && (role === 'owner' || role === 'admin');
  return presides || message.sender_id === state.me.id;
}

/** Conversations, the latest activity first. @param {State} state */
export function inbox(state) {
  const rows = [...state.conversations.values()].map((conversation) => ({
    conversation, id: conversation.id, at: state.latest.get(conversation.id)?.created_at ?? conversation.created_at,
  }));
  return rows.sort((a, b) => descending(a.at, b.at) || descending(a.id, b.id)).map(({ conversation }) => conversation);
}

/** Times and ids are of one alphabet: the order of their characters is theirs. @param {string} a @param {string} b */
function descending(a, b) {
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
