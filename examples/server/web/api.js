/** The server's REST API, with the session in HttpOnly cookies. */
import { Rest, cookies, login, register } from '/client/index.js';

export const rest = new Rest(location.origin, cookies());

export const api = {
  get: (path) => rest.get(path),
  post: (path, body) => rest.post(path, body),
  patch: (path, body) => rest.patch(path, body),
  delete: (path) => rest.delete(path),
  login: (name, password) => login(location.origin, { ...loginName(name), password, cookies: true }),
  register: (fields) => register(location.origin, { ...fields, cookies: true }),
  upload: (file, purpose) => rest.upload(file, purpose),
};

function loginName(text) {
  return text.includes('@') ? { email: text } : { username: text };
}
