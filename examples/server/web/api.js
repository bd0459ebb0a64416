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
