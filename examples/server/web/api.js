/** The server's REST API, with the session in HttpOnly cookies. */
import { Rest, cookies, login, register } from '/client/index.js';

export const api = new Rest(location.origin, cookies());

/** Logging in, by an e-mail address or a user name. */
export const account = {
  login: (name, password) => login(location.origin, { ...loginName(name), password, cookies: true }),
  register: (fields) => register(location.origin, { ...fields, cookies: true }),
};

function loginName(text) {
  return text.includes('@') ? { email: text } : { username: text };
}

/** All whom one blocks, with their profiles. */
export async function allBlocked() {
  const all = { items: [], users: [] };
  let cursor;
  do {
    const page = await api.blocks({ limit: 200, cursor });
    all.items.push(...page.items);
    all.users.push(...page.users);
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}
