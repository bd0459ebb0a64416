/** The server's REST API, with the session in HttpOnly cookies. */
import { Rest, cookies, login, register } from '/client/index.js';

export const rest = new Rest(location.origin, cookies());

const request = (method, path, body) => rest.request(method, path, body);

export const api = {
  get: (path) => request('GET', path),
  post: (path, body) => request('POST', path, body),
  patch: (path, body) => request('PATCH', path, body),
  delete: (path) => request('DELETE', path),
  login: (name, password) => login(location.origin, { ...loginName(name), password, cookies: true }),
  register: (fields) => register(location.origin, { ...fields, cookies: true }),
  upload: (file, purpose) => rest.upload(file, purpose),
};

function loginName(text) {
  return text.includes('@') ? { email: text } : { username: text };
}

const place = (message) => `conversations/${message.conversation_id}/messages/${message.id}`;

/** What is done to one message. The page hears of it as everybody does. */
export const revise = {
  edit: (message, content) => request('PATCH', place(message), { content }),
  delete: (message) => request('DELETE', place(message)),
  react: (message, reaction, on) => request(on ? 'PUT' : 'DELETE', `${place(message)}/reactions/${encodeURIComponent(reaction)}`),
};

/** What one decides about others. */
export const people = {
  /** All whom one blocks, with their profiles. */
  async blocked() {
    const all = { items: [], users: [] };
    let cursor = '';
    do {
      const page = await request('GET', `users/me/blocks?limit=200${cursor && `&cursor=${cursor}`}`);
      all.items.push(...page.items);
      all.users.push(...page.users);
      cursor = page.next_cursor ?? '';
    } while (cursor);
    return all;
  },
  block: (id) => request('PUT', `users/me/blocks/${encodeURIComponent(id)}`),
  unblock: (id) => request('DELETE', `users/me/blocks/${encodeURIComponent(id)}`),
  privacy: () => request('GET', 'users/me/privacy'),
  setPrivacy: (last_seen) => request('PATCH', 'users/me/privacy', { last_seen }),
};
