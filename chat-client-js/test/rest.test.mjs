/** Requests: which there are, and answers that are not whole. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Rest, cookies, sessions } from '../src/index.js';
import { startServer } from './server.mjs';

/** A server that pushes, which has routes of its own. */
const PUSHES = { CHAT_PUSH_KEY: Buffer.alloc(32, 1).toString('base64url'), CHAT_PUSH_CONTACT: 'mailto:ops@chat.example' };

/** What every method is called with; what it asks for is compared with the routes. */
const CALLS = {
  me: [], updateMe: [{}], blocks: [], block: ['{user_id}'], unblock: ['{user_id}'], privacy: [], setPrivacy: [{}],
  user: ['{user_id}'], users: [], usersById: [['a']], inbox: [], openDirect: ['a'], createGroup: ['crew', ['a']],
  conversation: ['{id}'], updateConversation: ['{id}', {}], members: ['{id}'], addMembers: ['{id}', ['a']],
  setRole: ['{id}', '{user_id}', 'admin'], removeMember: ['{id}', '{user_id}'], leave: ['{id}'], history: ['{id}'],
  sendMessage: ['{id}', {}], message: ['{id}', '{message_id}'], editMessage: ['{id}', '{message_id}', 'x'],
  deleteMessage: ['{id}', '{message_id}'], reactors: ['{id}', '{message_id}', { reaction: 'x' }],
  react: ['{id}', '{message_id}', '{reaction}'], unreact: ['{id}', '{message_id}', '{reaction}'], delivered: ['{id}', 1],
  read: ['{id}', 1], search: [{ search: 'x' }], upload: [new Blob(['x'])], file: ['{id}'], thumbnail: ['{id}'],
  iceServers: [], pushKey: [], pushSubscriptions: [], pushTo: [{}], pushNoMore: ['x'], openapi: [], sessions: [], endSession: ['{id}'], changePassword: [{}], ticket: [],
};

/** What the methods are made of. */
const PARTS = ['constructor', 'request', 'ask', 'get', 'post', 'put', 'patch', 'delete', 'mediaUrl'];

/** What has no method: the socket, and what logging in, out and the renewal do. */
const ELSEWHERE = ['GET ws', 'POST auth/register', 'POST auth/login', 'POST auth/refresh', 'POST auth/logout'];

test('there is one method for each route', async (t) => {
  const server = await startServer(PUSHES);
  t.after(server.stop);
  const document = await new Rest(server.url, cookies()).openapi();
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace('/api/v1/', '')}`));
  const rest = new Rest(server.url, cookies());
  const fetched = t.mock.method(globalThis, 'fetch', async () => new Response('{}'));

  const methods = Object.getOwnPropertyNames(Rest.prototype).filter((name) => !PARTS.includes(name));
  assert.deepEqual(methods.toSorted(), Object.keys(CALLS).toSorted());
  for (const [name, given] of Object.entries(CALLS)) await rest[name](...given);

  const asked = fetched.mock.calls.map(({ arguments: [url, { method }] }) => `${method} ${decodeURIComponent(url.pathname).replace('/api/v1/', '')}`);
  assert.deepEqual([...new Set([...asked, ...ELSEWHERE])].toSorted(), routes.toSorted());
});

/** A server that answers every request so. */
async function answering(t, ...answers) {
  const server = createServer((_request, response) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

test('an answer that cannot be read is as none', async (t) => {
  for (const broken of ['', '{"id": ', '<html>']) {
    const rest = new Rest(await answering(t, broken), cookies());
    const error = await rest.me().catch((error) => error);
    assert.deepEqual([error.code, error.status, error.retryable], ['unreachable', 200, true], broken);
  }
});

test('a renewal that was not answered whole leaves the tokens as they were', async (t) => {
  const whole = { user: { id: 'a' }, token: 'next', refresh_token: 'after', expires_in: 60 };
  const url = await answering(t, '{"token": "nex', '{}', JSON.stringify({ ...whole, refresh_token: null }), JSON.stringify(whole));
  const renewed = [];
  const credentials = sessions({ ...whole, token: 'old', refresh_token: 'before' }, (session) => renewed.push(session));
  const rest = new Rest(url, credentials);

  for (let n = 0; n < 3; n += 1) {
    await assert.rejects(credentials.renew(rest), { code: 'unreachable' });
    assert.deepEqual(await credentials.headers(), { Authorization: 'Bearer old' });
  }
  await credentials.renew(rest);

  assert.deepEqual(await credentials.headers(), { Authorization: 'Bearer next' });
  assert.deepEqual(renewed, [whole]);
});
