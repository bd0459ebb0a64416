/** REST with the session in HttpOnly cookies: one refresh for all that find it expired. */

/** A refusal: what the server said, by its stable code. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? 'the server cannot be reached');
    this.status = status;
    this.code = problem?.code ?? 'unreachable';
    this.field = problem?.field;
  }
}

let refreshing = null;

async function ask(method, path, body) {
  const init = { method, credentials: 'same-origin', headers: {} };
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers['Content-Type'] = 'application/json';
  }
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, init);
  } catch {
    throw new ApiError(0, null);
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** Exchanges the refresh cookie; many callers share one exchange. */
export function refresh() {
  refreshing ??= ask('POST', 'auth/refresh').finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function request(method, path, body) {
  try {
    return await ask(method, path, body);
  } catch (error) {
    if (error.status !== 401 || path.startsWith('auth/log')) throw error;
    await refresh();
    return ask(method, path, body);
  }
}

export const api = {
  get: (path) => request('GET', path),
  post: (path, body) => request('POST', path, body),
  patch: (path, body) => request('PATCH', path, body),
  delete: (path) => request('DELETE', path),
  login: (email, password) => ask('POST', 'auth/login', { ...loginName(email), password, cookies: true }),
  register: (fields) => ask('POST', 'auth/register', { ...fields, cookies: true }),
  logout: () => ask('POST', 'auth/logout'),
  upload(file, purpose) {
    const form = new FormData();
    form.append('file', file);
    return request('POST', `uploads?purpose=${purpose}`, form);
  },
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
