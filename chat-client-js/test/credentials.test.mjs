/** Logins that are short: renewed in time, or shown anew. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ChatError, login } from '../src/index.js';
import { closeAll, join, live, next, open } from './people.mjs';
import { startServer } from './server.mjs';

let server;

before(async () => {
  server = await startServer({ CHAT_ACCESS_SECONDS: '8', CHAT_SKEW_SECONDS: '0' });
});

after(async () => {
  closeAll();
  await server?.stop();
});

test('a session is renewed in time on the open connection', async () => {
  const ada = open(server.url, await join(server, 'ada'));
  for (let n = 0; n < 2; n += 1) await next(ada.chat, 'session');

  assert.equal((await ada.chat.command({ type: 'ping' })).type, 'pong');

  assert.deepEqual(ada.states.map(({ state }) => state), ['live']);
  ada.chat.close();
});

test('a host that gives tokens is asked for a fresh one when the old one has ended', async () => {
  const session = await join(server, 'cat');
  const token = async () => (await login(server.url, { username: 'cat', password: 'correct horse battery' })).token;
  const cat = open(server.url, session, { session: undefined, token });
  await live(cat);

  assert.equal((await next(cat.chat, 'state', ({ state }) => state === 'connecting')).code, 4408);
  await live(cat);
  cat.chat.close();
});

test('refusals have the code, the field and the request of the server', async () => {
  const session = await join(server, 'dan');
  const dan = open(server.url, session);
  const error = await dan.chat.rest.createGroup('', []).catch((error) => error);
  assert.ok(error instanceof ChatError);
  assert.deepEqual([error.status, error.code, error.retryable], [400, 'invalid_name', false]);
  assert.ok(error.requestId);
  await live(dan);
  const refused = await dan.chat.send('0193a1c0-0000-7000-8000-000000000000', 'to nowhere').catch((error) => error);
  assert.equal(refused.code, 'not_found');
  assert.deepEqual(dan.chat.outbox.entries.map(({ failed }) => failed), ['not_found']);
  dan.chat.outbox.discard(dan.chat.outbox.entries[0].client_id);
  assert.deepEqual(dan.chat.outbox.entries, []);
  await assert.rejects(dan.chat.command({ type: 'nonsense' }), { code: 'invalid_frame' });
  dan.chat.close();
});
