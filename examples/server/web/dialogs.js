/** Dialogs: new group, details of a conversation, settings, and pictures in full. */
import { allBlocked, api } from './api.js';
import { avatar, el, mediaUrl, shortTime } from './dom.js';
import { notifications, turnOff, turnOn } from './push.js';
import { addConversation, addUsers, others, title, userName } from '/client/store.js';

export function createDialogs(app) {
  const { state } = app;

  function open(heading, ...content) {
    const dialog = el('dialog', { 'aria-label': heading }, el('div', { class: 'body' }, el('h2', { text: heading }), ...content));
    dialog.addEventListener('close', () => dialog.remove());
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  }

  const error = () => el('p', { class: 'error', role: 'alert' });
  const field = (label, attributes) => el('label', { class: 'field' }, el('span', { text: label }), el('input', attributes));
  const button = (text, onclick, style = 'quiet') => el('button', { type: 'button', class: style, text, onclick });

  /** Lets one choose people, by search. */
  function chooser(chosen, without = new Set()) {
    const list = el('ul', { class: 'rows' });
    const input = el('input', { type: 'search', placeholder: 'Search people', 'aria-label': 'Search people' });
    async function load() {
      const text = input.value.trim();
      const page = await api.users({ search: text.length >= 2 ? text : undefined }).catch(() => ({ items: [] }));
      addUsers(state, page.items);
      list.replaceChildren(...page.items.filter((user) => user.id !== state.me.id && !without.has(user.id)).map((user) => {
        const box = el('input', { type: 'checkbox', onchange: () => (box.checked ? chosen.add(user.id) : chosen.delete(user.id)) });
        box.checked = chosen.has(user.id);
        return el('li', {}, el('label', { class: 'row' }, avatar(user.display_name, user.id, { url: user.avatar_url }),
          el('span', { class: 'main' }, el('span', { class: 'name', text: user.display_name })), box));
      }));
    }
    input.addEventListener('input', load);
    load();
    return el('div', {}, el('div', { class: 'search' }, input), list);
  }

  function newGroup() {
    const chosen = new Set();
    const name = field('Name', { maxlength: 100, required: true });
    const problem = error();
    const dialog = open('New group', name, chooser(chosen), problem, el('div', { class: 'foot' },
      button('Cancel', () => dialog.close()), button('Create', create, 'primary')));
    async function create() {
      try {
        const made = await api.createGroup(name.querySelector('input').value, [...chosen]);
        addConversation(state, made);
        dialog.close();
        app.open(made.id);
      } catch (failure) {
        problem.textContent = failure.message;
      }
    }
  }

  function details(id) {
    const conversation = state.conversations.get(id);
    const problem = error();
    if (conversation.type === 'direct') return profile(others(state, id)[0]?.user_id);
    const mine = state.members.get(id)?.get(state.me.id);
    const manages = mine?.role !== 'member';
    const name = field('Name', { maxlength: 100, value: conversation.name });
    const chosen = new Set();
    const attempt = (work) => async () => {
      try {
        await work();
        dialog.close();
      } catch (failure) {
        problem.textContent = failure.message;
      }
    };
    const members = [mine, ...others(state, id)].filter(Boolean).map((member) => el('li', { class: 'row' },
      avatar(userName(state, member.user_id), member.user_id, { online: state.users.get(member.user_id)?.online }),
      el('span', { class: 'main' }, el('span', { class: 'name', text: userName(state, member.user_id) }), el('span', { class: 'last', text: ` ${member.role}` })),
      mine?.role === 'owner' && member !== mine && button(member.role === 'owner' ? 'Make member' : 'Make owner', attempt(() =>
        api.setRole(id, member.user_id, member.role === 'owner' ? 'member' : 'owner'))),
      manages && member !== mine && button('Remove', attempt(() => api.removeMember(id, member.user_id)), 'quiet danger')));
    const dialog = open(title(state, conversation), manages && name, el('ul', { class: 'rows' }, ...members), problem,
      manages && el('details', {}, el('summary', { text: 'Add people' }), chooser(chosen, new Set(others(state, id).map((member) => member.user_id)))),
      el('div', { class: 'foot' }, button('Leave', attempt(() => api.leave(id)), 'quiet danger'), button('Close', () => dialog.close()),
        manages && button('Save', attempt(async () => {
          const wanted = name.querySelector('input').value;
          if (wanted !== conversation.name) await api.updateConversation(id, { name: wanted });
          if (chosen.size > 0) await api.addMembers(id, [...chosen]);
        }), 'primary')));
    return dialog;
  }

  function profile(id) {
    const user = state.users.get(id) ?? {};
    const seen = user.online ? 'online' : user.last_seen ? `last seen ${shortTime(user.last_seen)}` : 'offline';
    const problem = error();
    const blocks = state.blocked.has(id);
    async function decide() {
      try {
        await (blocks ? api.unblock(id) : api.block(id));
        dialog.close();
      } catch (failure) {
        problem.textContent = failure.message;
      }
    }
    const dialog = open(userName(state, id), avatar(userName(state, id), id ?? '', { url: user.avatar_url }),
      el('p', { text: `${user.username ? `@${user.username} · ` : ''}${blocks ? 'blocked' : seen}` }), problem, el('div', { class: 'foot' },
        id && button(blocks ? 'Unblock' : 'Block', decide, 'quiet danger'), button('Close', () => dialog.close())));
    return dialog;
  }

  async function settings() {
    const problem = error();
    const name = field('Name that others see', { maxlength: 64, value: state.me.display_name });
    const phone = field('Phone (nobody else sees it)', { type: 'tel', value: state.me.phone ?? '' });
    const picture = field('Picture', { type: 'file', accept: 'image/*' });
    const current = field('Current password', { type: 'password', autocomplete: 'current-password' });
    const fresh = field('New password', { type: 'password', autocomplete: 'new-password' });
    const sessions = el('ul', { class: 'rows' });
    const value = (label) => label.querySelector('input').value;
    const attempt = (work, done) => async () => {
      problem.textContent = '';
      try {
        await work();
        problem.textContent = done;
      } catch (failure) {
        problem.textContent = failure.message;
      }
    };
    async function listSessions() {
      const { items } = await api.sessions().catch(() => ({ items: [] }));
      sessions.replaceChildren(...items.map((session) => el('li', { class: 'row' },
        el('span', { class: 'main' }, el('span', { class: 'name', text: session.current ? 'This device' : session.device ?? 'A device' }),
          el('span', { class: 'last', text: ` since ${shortTime(session.created_at)}` })),
        !session.current && button('End', attempt(async () => {
          await api.endSession(session.id);
          await listSessions();
        }, 'The session has ended.'), 'quiet danger'))));
    }
    const shows = el('input', { type: 'checkbox', onchange: attempt(() => api.setPrivacy({ last_seen: shows.checked ? 'everyone' : 'nobody' }), 'Saved.') });
    const bell = el('input', { type: 'checkbox', onchange: async () => {
      await attempt(() => (bell.checked ? turnOn() : turnOff()), 'Saved.')();
      bell.checked = (await notifications()).on;
    } });
    const bellRow = el('label', { class: 'row', hidden: true }, el('span', { class: 'main', text: 'Notify me here of messages while I am away' }), bell);
    const blocked = el('ul', { class: 'rows' });
    async function listBlocked() {
      const { items, users } = await allBlocked().catch(() => ({ items: [], users: [] }));
      addUsers(state, users);
      blocked.replaceChildren(...items.map(({ user_id }) => el('li', { class: 'row' },
        el('span', { class: 'main' }, el('span', { class: 'name', text: userName(state, user_id) }), el('span', { class: 'last', text: ' blocked' })),
        button('Unblock', attempt(async () => {
          await api.unblock(user_id);
          await listBlocked();
        }, 'Unblocked.')))));
    }
    const save = attempt(async () => {
      const body = { display_name: value(name), phone: value(phone) || null };
      const file = picture.querySelector('input').files[0];
      if (file) body.avatar_id = (await api.upload(file, 'avatar')).id;
      Object.assign(state.me, await api.updateMe(body));
      addUsers(state, [state.me]);
      app.render();
    }, 'Saved.');
    const change = attempt(() => api.changePassword({ current_password: value(current), new_password: value(fresh) }), 'The password is changed; other sessions have ended.');
    const dialog = open('Settings', name, phone, picture, button('Save', save, 'primary'), el('hr'), current, fresh, button('Change password', change),
      el('hr'), el('label', { class: 'row' }, el('span', { class: 'main', text: 'Show when I am here, and see when others are' }), shows), bellRow, blocked,
      el('hr'), sessions, problem, el('div', { class: 'foot' }, button('Sign out', () => {
        dialog.close();
        app.signOut();
      }, 'quiet danger'), button('Close', () => dialog.close())));
    shows.checked = (await api.privacy().catch(() => null))?.last_seen !== 'nobody';
    const { offered, on } = await notifications();
    bellRow.hidden = !offered;
    bell.checked = on;
    await Promise.all([listSessions(), listBlocked()]);
  }

  function light(attachment) {
    const dialog = el('dialog', { class: 'light', 'aria-label': 'Picture' }, el('img', { src: mediaUrl(attachment.url), alt: 'Picture' }));
    dialog.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  return { newGroup, details, settings, light };
}
