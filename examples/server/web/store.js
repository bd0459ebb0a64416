/** What the page knows. Events change it; nothing here touches the document. */

export function createState(me) {
  return {
    me, epoch: undefined, resuming: true, active: null, connection: 'connecting',
    users: new Map(), conversations: new Map(), messages: new Map(), members: new Map(), typing: new Map(),
    complete: new Set(), stale: new Set(),
  };
}

/** Takes profiles. */
export function addUsers(state, users) {
  for (const user of users) state.users.set(user.id, { ...state.users.get(user.id), ...user });
}

/** Takes a conversation as REST or an event shows it; what is newer here stays. */
export function addConversation(state, view) {
  const known = state.conversations.get(view.id);
  const { members, users, ...conversation } = view;
  if (users) addUsers(state, users);
  if (members) setMembers(state, view.id, members);
  const older = known && known.rev > conversation.rev;
  const merged = older ? { ...conversation, ...known } : { ...known, ...conversation };
  merged.last_seq = Math.max(known?.last_seq ?? 0, conversation.last_seq);
  merged.rev = Math.max(known?.rev ?? 0, conversation.rev);
  for (const side of [view.me, view.peer]) if (side) setMember(state, view.id, side);
  state.conversations.set(view.id, merged);
  if (view.last_message) addMessages(state, [view.last_message]);
  return merged;
}

export function setMembers(state, id, members) {
  for (const member of members) setMember(state, id, member);
}

function setMember(state, id, member) {
  const all = mapOf(state.members, id);
  const known = all.get(member.user_id);
  const merged = known && known.rev > (member.rev ?? 0) ? { ...member, ...known } : { ...known, ...member };
  merged.delivered_seq = Math.max(known?.delivered_seq ?? 0, member.delivered_seq ?? 0);
  merged.read_seq = Math.max(known?.read_seq ?? 0, member.read_seq ?? 0);
  all.set(member.user_id, merged);
}

/** Takes messages, by their numbers. */
export function addMessages(state, messages) {
  for (const message of messages) mapOf(state.messages, message.conversation_id).set(message.seq, message);
}

/** Markers only grow. */
export function moveMarkers(state, marker) {
  const known = mapOf(state.members, marker.conversation_id).get(marker.user_id);
  if (known) setMember(state, marker.conversation_id, { ...marker, rev: known.rev });
}

function mapOf(maps, id) {
  if (!maps.has(id)) maps.set(id, new Map());
  return maps.get(id);
}

/** Whether a log event is new; then it counts as had. */
function admit(state, id, rev) {
  const conversation = state.conversations.get(id);
  if (state.resuming || !conversation || rev <= conversation.rev) return false;
  conversation.rev = rev;
  return true;
}

/**
 * Applies a frame.
 * @returns {boolean} whether anything changed
 */
export function apply(state, frame) {
  const handler = HANDLERS[frame.type];
  return handler ? handler(state, frame) !== false : false;
}

const HANDLERS = {
  ready(state, frame) {
    state.resuming = true;
    if (state.epoch && state.epoch !== frame.epoch) {
      for (const conversation of state.conversations.values()) conversation.rev = 0;
      state.messages.clear();
      state.complete.clear();
    }
    state.epoch = frame.epoch;
  },
  changes(state, { conversation, rev, reset, members, messages }) {
    const known = state.conversations.get(conversation.id);
    addConversation(state, { ...conversation, rev });
    state.conversations.get(conversation.id).rev = rev;
    if (!known) state.stale.add(conversation.id);
    if (reset) {
      state.messages.delete(conversation.id);
      state.complete.delete(conversation.id);
      state.stale.add(conversation.id);
    }
    setMembers(state, conversation.id, members);
    addMessages(state, messages);
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
    conversation.last_seq = Math.max(conversation.last_seq, message.seq);
    addMessages(state, [message]);
    sentIsRead(state, message);
    state.typing.get(message.conversation_id)?.delete(message.sender_id);
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
    Object.assign(state.conversations.get(conversation.id), { name, avatar_url });
  },
  conversation_joined(state, { conversation, members }) {
    forget(state, conversation.id);
    addConversation(state, { ...conversation, members });
    state.stale.add(conversation.id);
  },
  marker_moved: moveMarkers,
  typing(state, { conversation_id, user_id, active }) {
    if (user_id === state.me.id) return false;
    const typing = mapOf(state.typing, conversation_id);
    if (active) typing.set(user_id, Date.now() + 6_000);
    else typing.delete(user_id);
  },
  presence_changed(state, { user_id, online, last_seen }) {
    state.users.set(user_id, { ...state.users.get(user_id), id: user_id, online, last_seen });
  },
  presence_state(state, { users }) {
    for (const user of users) HANDLERS.presence_changed(state, user);
  },
};

function sentIsRead(state, message) {
  const { conversation_id, sender_id, seq } = message;
  moveMarkers(state, { conversation_id, user_id: sender_id, delivered_seq: seq, read_seq: seq });
}

function recount(state, id) {
  const members = [...(state.members.get(id)?.values() ?? [])];
  if (members.length > 0) state.conversations.get(id).member_count = members.filter((member) => member.active).length;
}

function forget(state, id) {
  for (const maps of [state.conversations, state.messages, state.members, state.typing]) maps.delete(id);
  state.complete.delete(id);
  if (state.active === id) state.active = null;
}

/** What a resume asks. */
export function positions(state) {
  const revs = {};
  for (const [id, conversation] of state.conversations) revs[id] = conversation.rev;
  return { epoch: state.epoch, revs };
}

export function unread(state, id) {
  const mine = state.members.get(id)?.get(state.me.id);
  return Math.max(0, state.conversations.get(id).last_seq - (mine?.read_seq ?? 0));
}

/** A conversation's messages in order. */
export function history(state, id) {
  return [...(state.messages.get(id)?.values() ?? [])].sort((a, b) => a.seq - b.seq);
}

/** The run of messages without a gap that ends with the last one. */
export function latestRun(state, id) {
  const all = history(state, id);
  let from = all.length - 1;
  while (from > 0 && all[from - 1].seq === all[from].seq - 1) from -= 1;
  return all.slice(Math.max(from, 0));
}

export function others(state, id) {
  return [...(state.members.get(id)?.values() ?? [])].filter((member) => member.active && member.user_id !== state.me.id);
}

/** A message in a line: its text, or what it is instead. */
export function summary(message) {
  const kinds = { deleted: 'Deleted message', video: 'Video', audio: 'Sound', file: 'File' };
  return message.content || (kinds[message.message_type] ?? 'Picture');
}

export function userName(state, id) {
  const user = state.users.get(id);
  return user?.display_name ?? user?.username ?? 'Somebody';
}

export function peerId(state, id) {
  return others(state, id)[0]?.user_id;
}

export function title(state, conversation) {
  return conversation.type === 'direct' ? userName(state, peerId(state, conversation.id)) : conversation.name;
}

/** How far one's own message has come: 'sent', 'delivered' or 'read'. */
export function status(state, message) {
  const all = others(state, message.conversation_id);
  if (all.length === 0) return 'sent';
  if (all.every((member) => member.read_seq >= message.seq)) return 'read';
  return all.every((member) => member.delivered_seq >= message.seq) ? 'delivered' : 'sent';
}

/** Conversations, the latest activity first. */
export function inbox(state) {
  const at = (conversation) => history(state, conversation.id).at(-1)?.created_at ?? conversation.created_at;
  return [...state.conversations.values()].sort((a, b) => at(b).localeCompare(at(a)) || b.id.localeCompare(a.id));
}
