/** The list of conversations, and the search for people and messages. */
import { api } from './api.js';
import { avatar, el, iconButton, shortTime } from './dom.js';
import { addUsers, inbox, peerId, summary, title, unread, userName } from '/client/store.js';

/** Messages that a search shows at most. */
const FOUND = 20;

export function inboxView(app) {
  const rows = el('ul', { class: 'rows', 'aria-label': 'Conversations' });
  const input = el('input', { type: 'search', placeholder: 'Find people and messages', 'aria-label': 'Find people and messages', maxlength: 100 });
  let found = null;
  let timer = 0;

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, 180);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') clear();
  });
  rows.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = [...rows.querySelectorAll('.row')];
    all[all.indexOf(document.activeElement) + step]?.focus();
    event.preventDefault();
  });

  async function search() {
    const text = input.value.trim();
    if (text.length < 2) found = null;
    else {
      const nothing = () => ({ items: [], users: [] });
      const [people, messages] = await Promise.all([
        api.users({ search: text }).catch(nothing), api.search({ search: text, limit: FOUND }).catch(nothing),
      ]);
      if (input.value.trim() !== text) return;
      addUsers(app.state, [...people.items, ...messages.users]);
      found = {
        people: people.items.filter((user) => user.id !== app.state.me.id),
        messages: messages.items.filter((message) => app.state.conversations.has(message.conversation_id)),
      };
    }
    render();
  }

  function clear() {
    input.value = '';
    found = null;
    render();
  }

  function row({ name, key, picture, online, time, last, count, current, onclick }) {
    const badge = count > 0 && el('span', { class: 'badge', 'aria-label': `${count} unread`, text: count > 99 ? '99+' : String(count) });
    return el('li', {}, el('button', { class: 'row', 'aria-current': current ? 'true' : null, onclick },
      avatar(name, key, { url: picture, online }),
      el('span', { class: 'main' },
        el('span', { class: 'top' }, el('span', { class: 'name', text: name }), el('span', { class: 'time', text: time ?? '' })),
        el('span', { class: 'under' }, el('span', { class: 'last', text: last ?? '' }), badge))));
  }

  function conversationRow(conversation) {
    const { state } = app;
    const peer = conversation.type === 'direct' ? peerId(state, conversation.id) : null;
    const last = state.latest.get(conversation.id);
    const typing = [...(state.typing.get(conversation.id)?.values() ?? [])].some((until) => until > Date.now());
    const own = last?.sender_id === state.me.id ? 'You: ' : conversation.type === 'group' && last ? `${userName(state, last.sender_id)}: ` : '';
    return row({
      name: title(state, conversation), key: peer ?? conversation.id, online: state.users.get(peer)?.online,
      picture: conversation.avatar_url ?? state.users.get(peer)?.avatar_url,
      time: shortTime(last?.created_at ?? conversation.created_at),
      last: typing ? 'typing…' : last ? own + summary(last) : 'No messages yet',
      count: unread(state, conversation.id), current: state.active === conversation.id,
      onclick: () => app.open(conversation.id),
    });
  }

  function personRow(user) {
    return row({
      name: user.display_name, key: user.id, picture: user.avatar_url, online: user.online, last: user.username && `@${user.username}`,
      onclick: async () => {
        clear();
        await app.openDirect(user.id);
      },
    });
  }

  /** A message that was found; it is shown where it was said. */
  function messageRow(message) {
    const { state } = app;
    const conversation = state.conversations.get(message.conversation_id);
    const peer = conversation.type === 'direct' ? peerId(state, conversation.id) : null;
    return row({
      name: title(state, conversation), key: peer ?? conversation.id, picture: conversation.avatar_url ?? state.users.get(peer)?.avatar_url,
      time: shortTime(message.created_at), last: `${userName(state, message.sender_id)}: ${summary(message)}`,
      onclick: () => {
        clear();
        app.open(conversation.id, message.seq);
      },
    });
  }

  function render() {
    const focused = [...rows.querySelectorAll('.row')].indexOf(document.activeElement);
    if (found) {
      const all = [...found.people.map(personRow), ...found.messages.map(messageRow)];
      rows.replaceChildren(...(all.length ? all : [el('li', { class: 'hint', text: 'Nobody of that name, and no message with these words.' })]));
    } else {
      const all = inbox(app.state).map(conversationRow);
      rows.replaceChildren(...(all.length ? all : [el('li', { class: 'hint', text: 'Find somebody above and say hello.' })]));
    }
    if (focused >= 0) rows.querySelectorAll('.row')[focused]?.focus();
  }

  const view = el('aside', { class: 'side', 'aria-label': 'Inbox' },
    el('header', { class: 'bar' }, el('h1', { text: 'Chat' }),
      iconButton('theme', 'Light or dark', app.switchTheme),
      iconButton('group', 'New group', () => app.dialogs.newGroup()),
      iconButton('sliders', 'Settings', () => app.dialogs.settings())),
    el('div', { class: 'search', role: 'search' }, input), rows);
  return { view, render, focusSearch: () => input.focus() };
}
