/** Puts the page together. */
import { api, people } from './api.js';
import { conversationView } from './conversation.js';
import { createDialogs } from './dialogs.js';
import { announce, el } from './dom.js';
import { inboxView } from './inbox.js';
import { loginView } from './login.js';
import { createOutbox } from './outbox.js';
import { connect } from './socket.js';
import { addConversation, addUsers, apply, createState, history, inbox, positions, summary, unread, userName } from './store.js';

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
  const delivered = new Map();
  let talk = null;
  let frame = 0;
  let receipts = 0;

  const app = {
    state, render, sent: () => talk?.sent(), socket: null, outbox: null, dialogs: null,
    switchTheme() {
      const next = theme() === 'dark' ? 'light' : 'dark';
      localStorage.setItem('theme', next);
      theme(next);
    },
    open(id) {
      if (!state.conversations.has(id)) return;
      state.active = id;
      if (talk?.id !== id) {
        const next = conversationView(app, id);
        shell.querySelector('.talk').replaceWith(next.view);
        talk = next;
      }
      shell.classList.add('open');
      render();
      if (matchMedia('(min-width: 761px)').matches) talk.focus();
    },
    close() {
      state.active = null;
      shell.classList.remove('open');
      render();
    },
    async openDirect(user) {
      const made = await api.post('conversations', { type: 'direct', participant_id: user });
      addConversation(state, made);
      app.open(made.id);
    },
    watch: (users) => users.length > 0 && app.socket.send({ type: 'watch', user_ids: users }),
    markRead(id, seq) {
      const mine = state.members.get(id)?.get(me.id);
      if (app.socket.send({ type: 'read', conversation_id: id, seq }) && mine) mine.read_seq = seq;
      render();
    },
    async signOut() {
      app.socket.stop();
      await api.logout().catch(() => null);
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
    const count = inbox(state).reduce((sum, conversation) => sum + unread(state, conversation.id), 0);
    document.title = count > 0 ? `(${count}) Chat` : 'Chat';
    status.hidden = state.connection === 'live';
    status.textContent = state.connection === 'ended' ? 'This page was opened too often. Reload it to go on.' : 'Reconnecting…';
    nameStrangers();
  }

  /** Profiles of senders and members that nobody has told us of. */
  async function nameStrangers() {
    const needed = new Set();
    for (const conversation of state.conversations.values()) {
      const last = history(state, conversation.id).at(-1)?.sender_id;
      for (const id of [last, ...(state.members.get(conversation.id)?.keys() ?? [])]) {
        if (id && !state.users.get(id)?.display_name && !asked.has(id)) needed.add(id);
      }
    }
    const ids = [...needed].slice(0, 100);
    if (ids.length === 0) return;
    ids.forEach((id) => asked.add(id));
    const page = await api.get(`users?ids=${ids.map(encodeURIComponent).join(',')}`).catch(() => null);
    if (page) addUsers(state, page.items);
    else ids.forEach((id) => asked.delete(id));
    render();
  }

  /** Says that messages arrived, at most a few times a second. */
  function received(message) {
    if (message.sender_id === me.id) return;
    delivered.set(message.conversation_id, Math.max(delivered.get(message.conversation_id) ?? 0, message.seq));
    receipts ||= setTimeout(() => {
      receipts = 0;
      for (const [conversation_id, seq] of delivered) app.socket.send({ type: 'delivered', conversation_id, seq });
      delivered.clear();
    }, 150);
  }

  function take(incoming) {
    app.outbox.settle(incoming);
    const changed = apply(state, incoming);
    if (incoming.type === 'message_created' && changed) {
      const { message } = incoming;
      received(message);
      if (talk?.id === message.conversation_id) talk.arrived(message);
      if (message.sender_id !== me.id) announce(`${userName(state, message.sender_id)}: ${summary(message)}`);
    }
    if (incoming.type === 'changes') incoming.messages.forEach(received);
    if (incoming.type === 'resumed') {
      app.outbox.repeat();
      for (const conversation of state.conversations.values()) if (unread(state, conversation.id) > 0) received({ conversation_id: conversation.id, seq: conversation.last_seq });
    }
    if (changed) render();
  }

  /** Events tell what changes from then on. */
  async function listBlocked() {
    const { items } = await people.blocked().catch(() => ({ items: null }));
    if (items) state.blocked = new Set(items.map((item) => item.user_id));
    render();
  }

  async function begin() {
    let cursor = '';
    do {
      const page = await api.get(`conversations?limit=200${cursor && `&cursor=${cursor}`}`);
      addUsers(state, page.users);
      page.items.forEach((row) => addConversation(state, row));
      state.epoch = page.epoch;
      cursor = page.next_cursor ?? '';
    } while (cursor);
    app.outbox = createOutbox(localStorage, me.id, (entry) => state.connection === 'live' && app.socket.send(entry), render);
    app.dialogs = createDialogs(app);
    app.socket = connect({
      resume: () => positions(state), frame: take,
      state(connection) {
        state.connection = connection;
        if (connection === 'live') {
          app.outbox.repeat();
          listBlocked();
        }
        render();
      },
      loggedOut: () => location.reload(),
    });
    root.replaceChildren(status, shell);
    render();
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
  begin().catch(() => setTimeout(() => location.reload(), 2_000));
}

theme();
api.get('users/me').then(start, () => root.replaceChildren(loginView(start)));
