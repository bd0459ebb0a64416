/** Puts the page together. */
import { connect } from '/client/index.js';
import { addConversation, addUsers, apply, createState, loadInbox, summary, unread, userName } from '/client/store.js';
import { allBlocked, api } from './api.js';
import { createCalls } from './call.js';
import { conversationView } from './conversation.js';
import { createDialogs } from './dialogs.js';
import { announce, el } from './dom.js';
import { inboxView } from './inbox.js';
import { loginView } from './login.js';
import * as push from './push.js';

/** The close code after which only a new login helps. */
const SESSION_ENDED = 4401;

const root = document.getElementById('app');

function theme(wanted) {
  const dark = wanted ?? localStorage.getItem('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = dark;
  return dark;
}

function start(me) {
  const state = createState(me);
  addUsers(state, [me]);
  const asked = new Set();
  let talk = null;
  let frame = 0;
  let ended = '';

  const app = {
    state, render, sent: () => talk?.sent(), chat: null, dialogs: null, calls: null,
    switchTheme() {
      const next = theme() === 'dark' ? 'light' : 'dark';
      localStorage.setItem('theme', next);
      theme(next);
    },
    /** Opens a conversation, where it ends or at a message. */
    open(id, seq) {
      if (!state.conversations.has(id)) return;
      state.active = id;
      if (talk?.id !== id) {
        const next = conversationView(app, id);
        shell.querySelector('.talk').replaceWith(next.view);
        talk = next;
      }
      shell.classList.add('open');
      render();
      if (seq) talk.show(seq);
      if (matchMedia('(min-width: 761px)').matches) talk.focus();
    },
    close() {
      state.active = null;
      shell.classList.remove('open');
      render();
    },
    async openDirect(user) {
      const made = await api.openDirect(user);
      addConversation(state, made);
      app.open(made.id);
    },
    watch: (users) => app.chat.watch(users),
    markRead(id, seq) {
      const mine = state.members.get(id)?.get(me.id);
      app.chat.read(id, seq);
      if (mine) mine.read_seq = seq;
      render();
    },
    async signOut() {
      app.calls.close();
      await push.turnOff().catch(() => null);
      await app.chat.signOut().catch(() => null);
      location.reload();
    },
  };

  const status = el('div', { class: 'status', role: 'status', hidden: true });
  const list = inboxView(app);
  const empty = el('main', { class: 'talk' }, el('div', { class: 'empty', text: 'Choose a conversation, or find somebody to talk to.' }));
  const shell = el('div', { class: 'shell' }, list.view, empty);

  /** Many events make one drawing. */
  function render() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  }

  function draw() {
    list.render();
    if (talk && !state.conversations.has(talk.id)) {
      talk.view.replaceWith(empty);
      talk = null;
      shell.classList.remove('open');
    }
    talk?.render();
    const count = [...state.conversations.keys()].reduce((sum, id) => sum + unread(state, id), 0);
    document.title = app.calls.title() ?? (count > 0 ? `(${count}) Chat` : 'Chat');
    status.hidden = state.connection === 'live';
    status.textContent = state.connection === 'ended' ? ended : 'Reconnecting…';
    nameStrangers();
  }

  /** Profiles of senders and members that nobody has told us of. */
  async function nameStrangers() {
    const needed = new Set();
    for (const conversation of state.conversations.values()) {
      const last = state.latest.get(conversation.id)?.sender_id;
      for (const id of [last, ...(state.members.get(conversation.id)?.keys() ?? [])]) {
        if (id && !state.users.get(id)?.display_name && !asked.has(id)) needed.add(id);
      }
    }
    const ids = [...needed].slice(0, 100);
    if (ids.length === 0) return;
    ids.forEach((id) => asked.add(id));
    const page = await api.usersById(ids).catch(() => null);
    if (page) addUsers(state, page.items);
    else ids.forEach((id) => asked.delete(id));
    render();
  }

  function received(message) {
    if (message.sender_id !== me.id) app.chat.delivered(message.conversation_id, message.seq);
  }

  function take(incoming) {
    const changed = apply(state, incoming);
    if (incoming.type === 'message_created' && changed) {
      const { message } = incoming;
      received(message);
      if (talk?.id === message.conversation_id) talk.arrived(message);
      if (message.sender_id !== me.id) announce(`${userName(state, message.sender_id)}: ${summary(message)}`);
    }
    if (incoming.type === 'changes') incoming.messages.forEach(received);
    if (incoming.type === 'resumed') {
      for (const conversation of state.conversations.values()) if (unread(state, conversation.id) > 0) received({ conversation_id: conversation.id, seq: conversation.last_seq });
    }
    if (changed) render();
  }

  /** Events tell what changes from then on. */
  async function listBlocked() {
    const { items } = await allBlocked().catch(() => ({ items: null }));
    if (items) state.blocked = new Set(items.map((item) => item.user_id));
    render();
  }

  /** The conversation of a notification that opened this page. */
  function openAsked() {
    const asked = location.hash.slice(1);
    if (!asked) return;
    window.history.replaceState(null, '', location.pathname);
    app.open(asked);
  }

  function begin() {
    app.dialogs = createDialogs(app);
    app.chat = connect({
      user: me.id,
      async positions(rest) {
        const kept = await loadInbox(state, rest);
        root.replaceChildren(status, shell);
        render();
        openAsked();
        return kept;
      },
    });
    app.calls = createCalls(app);
    app.chat.on('frame', take);
    app.chat.on('outbox', render);
    app.chat.on('state', ({ state: connection, code, error }) => {
      if (code === SESSION_ENDED) return location.reload();
      ended = error?.message ?? 'This page was opened too often. Reload it to go on.';
      state.connection = connection;
      if (connection === 'live') listBlocked();
      render();
    });
  }

  setInterval(() => {
    talk?.renderTyping();
    list.render();
  }, 3_000);
  addEventListener('focus', () => talk?.markRead());
  addEventListener('keydown', (event) => {
    const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '');
    if ((event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '/' && !typing)) {
      event.preventDefault();
      app.close();
      list.focusSearch();
    }
  });
  begin();
  push.resume(app.open).catch(() => null);
}

theme();
api.me().then(start, () => root.replaceChildren(loginView(start)));
