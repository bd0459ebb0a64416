/** One conversation: its history, live. */
import { api } from './api.js';
import { composerView } from './composer.js';
import { announce, avatar, clock, dayName, el, iconButton, linked, mediaUrl, shortTime, tone } from './dom.js';
import { addConversation, addMessages, addUsers, latestRun, mayDelete, moveMarkers, others, peerId, runAround, status, summary, title, userName } from '/client/store.js';

const PAGE = 50;
const REACTIONS = ['👍', '❤️', '😂'];
/** What could not be loaded is asked for again after, in milliseconds. */
const AGAIN = 2_000;
/** So near an end of what is loaded, in pixels, the next page is loaded. */
const NEAR = 240;

export function conversationView(app, id) {
  const { state } = app;
  const conversation = () => state.conversations.get(id);
  const scroll = el('div', { class: 'scroll', role: 'log', 'aria-label': 'Messages', tabindex: 0 });
  const head = el('button', { class: 'who', onclick: () => app.dialogs.details(id) });
  const typing = el('div', { class: 'typing', 'aria-live': 'polite' });
  const pill = el('button', { class: 'pill', text: 'Latest ↓', onclick: toEnd, hidden: true });
  const composer = composerView(app, id);
  let loading = false;
  /** The timer after which what failed is asked for again. */
  let retry;
  let beginning = false;
  /** The message whose surroundings are shown, by its number; null where the end of the history is. */
  let place = null;
  /** The one that is being loaded to be shown. */
  let sought = null;
  /** The one that was looked for last: it shines for a moment, however often it is drawn. */
  let found = null;
  let fresh = 0;

  const below = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
  const atEnd = () => below() < 80;
  scroll.addEventListener('scroll', () => {
    more();
    if (atEnd()) {
      fresh = 0;
      markRead();
    }
    pill.hidden = atEnd() && place === null;
  });

  const nodeOf = (seq) => scroll.querySelector(`[data-seq="${seq}"]`);
  const known = (seq) => state.messages.get(id)?.has(seq) ?? false;

  /** What is shown: the end of the history, or the surroundings of one message. */
  function shown() {
    const around = place === null ? [] : runAround(state, id, place);
    return around.length > 0 ? around : latestRun(state, id);
  }

  async function load(query = {}) {
    const page = await api.history(id, { limit: PAGE, ...query });
    addUsers(state, page.users);
    addMessages(state, page.items);
    page.markers.forEach((marker) => moveMarkers(state, marker));
    return page;
  }

  /** Loads what comes next, until the view is no longer near an end of what is loaded. */
  async function more() {
    if (loading || !view.isConnected) return;
    clearTimeout(retry);
    loading = true;
    let came = false;
    try {
      came = (scroll.scrollTop < NEAR && await older()) || (below() < NEAR && await newer());
    } catch {
      // Whoever is at the end of what is loaded cannot scroll on: what failed is asked for again.
      retry = setTimeout(more, AGAIN);
    }
    loading = false;
    if (came) more();
  }

  /** Loads the page before what is shown; whether there was more. */
  async function older() {
    const first = shown()[0];
    if (!first || first.seq <= 1 || state.complete.has(id)) return false;
    const page = await load({ before: first.seq });
    if (page.items.length < PAGE) state.complete.add(id);
    const rest = scroll.scrollHeight - scroll.scrollTop;
    render();
    scroll.scrollTop = scroll.scrollHeight - rest;
    return page.items.length > 0;
  }

  /** Goes on from the surroundings of a message towards the end, which is the place then; whether there was more. */
  async function newer() {
    const last = shown().at(-1);
    if (!last || place === null) return false;
    const page = await load({ after: last.seq });
    render();
    if (shown().at(-1)?.seq === conversation()?.last_seq) {
      place = null;
      render();
    }
    return page.items.length > 0;
  }

  /** Loads what is shown, and again until that succeeds. */
  async function begin() {
    if (beginning) return;
    beginning = true;
    state.stale.delete(id);
    try {
      addConversation(state, await api.conversation(id));
      if (place !== null && !known(place)) await load({ around: place });
      if (place !== null && !known(place)) place = null;
      const page = await load();
      if (page.items.length < PAGE) state.complete.add(id);
      if (conversation().type === 'group') app.watch(others(state, id).slice(0, 100).map((member) => member.user_id));
    } catch {
      state.stale.add(id);
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
    beginning = false;
    if (!view.isConnected) return;
    render();
    // What does not fill the view cannot be scrolled.
    more();
  }

  function toEnd() {
    place = sought = found = null;
    render();
    scroll.scrollTop = scroll.scrollHeight;
    markRead();
    more();
  }

  /** Shows the surroundings of a message, unless something else was asked for while they were loaded. */
  async function show(seq) {
    sought = seq;
    if (!known(seq)) await load({ around: seq }).catch(() => null);
    if (sought !== seq || !known(seq)) return;
    place = runAround(state, id, seq).at(-1).seq === conversation().last_seq ? null : seq;
    [sought, found] = [null, { seq, since: performance.now() }];
    render();
    nodeOf(seq)?.scrollIntoView({ block: 'center' });
    more();
  }

  function markRead() {
    const mine = state.members.get(id)?.get(state.me.id);
    const last = conversation()?.last_seq ?? 0;
    if (place === null && document.hasFocus() && atEnd() && mine && mine.read_seq < last) app.markRead(id, last);
  }

  function quote(message) {
    const quoted = state.messages.get(id)?.get(message.reply_to.seq);
    const text = quoted ? `${userName(state, quoted.sender_id)}: ${summary(quoted)}` : 'Show the message';
    return el('button', { class: 'quote', type: 'button', text, onclick: () => show(message.reply_to.seq) });
  }

  function picture(attachment) {
    const width = Math.min(320, attachment.width);
    const node = el('button', { class: 'picture', type: 'button', 'aria-label': 'Open picture', onclick: () => app.dialogs.light(attachment) },
      el('img', { src: mediaUrl(attachment.thumbnail_url ?? attachment.url), alt: 'Picture', loading: 'lazy' }));
    node.style.width = `${width}px`;
    node.style.aspectRatio = `${attachment.width} / ${attachment.height}`;
    return node;
  }

  function sized(bytes) {
    if (bytes < 1_000) return `${bytes} B`;
    const steps = Math.min(3, Math.floor(Math.log10(bytes) / 3));
    return `${(bytes / 1_000 ** steps).toPrecision(3)} ${['kB', 'MB', 'GB'][steps - 1]}`;
  }

  /** A picture, a player, or a link that saves the file. */
  function attachmentView(attachment) {
    const src = mediaUrl(attachment.url);
    const name = attachment.name ?? 'File';
    const [kind] = attachment.content_type.split('/');
    if (kind === 'image') return picture(attachment);
    if (kind === 'video') return el('video', { class: 'player', src, controls: true, preload: 'metadata', 'aria-label': name });
    if (kind === 'audio') return el('audio', { class: 'player', src, controls: true, preload: 'metadata', 'aria-label': name });
    return el('a', { class: 'file', href: src, download: name }, el('span', { class: 'name', text: name }), el('small', { text: sized(attachment.size) }));
  }

  function ticks(message) {
    const how = status(state, message);
    return el('span', { class: `ticks ${how}`, title: how, 'aria-label': how, text: how === 'sent' ? '✓' : '✓✓' });
  }

  /** Does something to a message; that it is done comes as an event. */
  function ask(call) {
    call.catch((problem) => announce(problem.message));
  }

  function reacted(message, reaction) {
    const given = message.reactions?.find((summary_) => summary_.reaction === reaction);
    return given?.user_ids.includes(state.me.id) ?? false;
  }

  function toggle(message, reaction) {
    ask(reacted(message, reaction) ? api.unreact(id, message.id, reaction) : api.react(id, message.id, reaction));
  }

  function reactions(message) {
    const chips = (message.reactions ?? []).map(({ reaction, count, user_ids }) => el('button', {
      class: 'reaction', type: 'button', 'aria-pressed': String(reacted(message, reaction)), text: `${reaction} ${count}`,
      title: user_ids.map((user) => userName(state, user)).join(', '), onclick: () => toggle(message, reaction),
    }));
    return chips.length > 0 && el('div', { class: 'reactions' }, ...chips);
  }

  /** What can be done to a message, where the pointer is. */
  function tools(message) {
    const mine = message.sender_id === state.me.id;
    return el('div', { class: 'tools' },
      iconButton('reply', 'Reply', () => composer.reply(message)),
      ...REACTIONS.map((reaction) => el('button', { class: 'icon', type: 'button', title: `React ${reaction}`, 'aria-label': `React ${reaction}`, text: reaction, onclick: () => toggle(message, reaction) })),
      mine && iconButton('edit', 'Edit', () => composer.edit(message)),
      mayDelete(state, message) && iconButton('bin', 'Delete', () => confirm('Delete this message for everybody?') && ask(api.deleteMessage(id, message.id))));
  }

  function bubble(message, first, last) {
    const mine = message.sender_id === state.me.id;
    const name = userName(state, message.sender_id);
    const user = state.users.get(message.sender_id);
    return el('div', { class: `message${mine ? ' mine' : ''}${first ? ' first' : ''}${last ? ' last' : ''}`, 'data-seq': message.seq },
      avatar(name, message.sender_id, { url: user?.avatar_url, small: true }),
      el('div', { class: 'bubble' },
        !mine && first && el('span', { class: 'sender', text: name, tone: tone(message.sender_id) }),
        message.reply_to && quote(message), ...(message.attachments ?? []).map(attachmentView), ...linked(message.content),
        message.message_type === 'deleted' && el('em', { class: 'gone', text: summary(message) }),
        el('span', { class: 'meta' }, message.edited_at && el('i', { text: 'edited' }), el('time', { datetime: message.created_at, text: clock(message.created_at) }), mine && ticks(message)),
        reactions(message)),
      message.message_type !== 'deleted' && tools(message));
  }

  /** Drawn again, it goes on where it was. */
  function shine(node) {
    node.style.setProperty('--since', `${found.since - performance.now()}ms`);
    node.classList.add('flash');
  }

  function pendingBubble(entry) {
    const state_ = entry.failed ? `not sent: ${entry.failed}` : 'sending…';
    return el('div', { class: `message mine first last${entry.failed ? ' failed' : ' pending'}`, 'data-client-id': entry.client_id },
      el('div', { class: 'bubble' }, ...(entry.note?.attachments ?? []).map(attachmentView), ...linked(entry.body.content ?? ''), el('span', { class: 'meta', text: state_ })),
      entry.failed && el('button', { class: 'quiet', text: 'Retry', onclick: () => app.chat.outbox.retry(entry.client_id) }),
      entry.failed && el('button', { class: 'quiet danger', text: 'Discard', onclick: () => app.chat.outbox.discard(entry.client_id) }));
  }

  function renderHead() {
    const found = conversation();
    const peer = found.type === 'direct' ? peerId(state, id) : null;
    const user = state.users.get(peer);
    const seen = user?.last_seen ? `last seen ${shortTime(user.last_seen)}` : 'offline';
    const line = peer ? (user?.online ? 'online' : seen) : `${found.member_count} members`;
    const name = title(state, found);
    head.replaceChildren(el('b', { text: name }), el('small', { text: line }));
    header.querySelector('.avatar')?.remove();
    header.insertBefore(avatar(name, peer ?? id, { url: found.avatar_url ?? user?.avatar_url, online: user?.online }), head);
  }

  function renderTyping() {
    const names = [...(state.typing.get(id) ?? [])].filter(([, until]) => until > Date.now()).map(([user]) => userName(state, user));
    typing.textContent = names.length === 0 ? '' : names.length === 1 ? `${names[0]} is typing…` : `${names.length} are typing…`;
  }

  function render() {
    if (!conversation()) return;
    const stick = atEnd();
    const forgotten = place !== null && !nodeOf(place);
    const messages = shown();
    const nodes = [];
    messages.forEach((message, at) => {
      const [before, after] = [messages[at - 1], messages[at + 1]];
      const sameDay = before && dayName(before.created_at) === dayName(message.created_at);
      if (!sameDay) nodes.push(el('div', { class: 'day', text: dayName(message.created_at) }));
      nodes.push(bubble(message, !sameDay || before.sender_id !== message.sender_id, after?.sender_id !== message.sender_id));
      if (message.seq === found?.seq) shine(nodes.at(-1));
    });
    const arrived = new Set(messages.map((message) => message.client_id));
    if (place === null) nodes.push(...app.chat.outbox.of(id).filter((entry) => !arrived.has(entry.client_id)).map(pendingBubble));
    scroll.replaceChildren(...nodes);
    scroll.classList.toggle('direct', conversation().type === 'direct');
    renderHead();
    renderTyping();
    if (stick && place === null) scroll.scrollTop = scroll.scrollHeight;
    if (forgotten) nodeOf(place)?.scrollIntoView({ block: 'center' });
    pill.textContent = fresh > 0 ? `${fresh} new ↓` : 'Latest ↓';
    pill.hidden = atEnd() && place === null;
    if (state.stale.has(id) && !state.resuming) begin();
    markRead();
  }

  const header = el('header', { class: 'bar' }, iconButton('back', 'Back', () => app.close(), { class: 'back' }), head,
    ...(conversation().type === 'direct' ? app.calls.buttons(id, () => peerId(state, id)) : []));
  const view = el('main', { class: 'talk' }, header, scroll, el('div', { class: 'anchor' }, pill), typing, composer.view);
  view.addEventListener('dragover', (event) => {
    event.preventDefault();
    view.classList.add('dropping');
  });
  view.addEventListener('dragleave', () => view.classList.remove('dropping'));
  view.addEventListener('drop', (event) => {
    event.preventDefault();
    view.classList.remove('dropping');
    composer.attach(event.dataTransfer.files);
  });
  begin();
  return {
    id, view, render, renderTyping, markRead, show, focus: () => composer.focus(),
    arrived(message) {
      if (!atEnd() && message.sender_id !== state.me.id) fresh += 1;
    },
    sent: toEnd,
  };
}
