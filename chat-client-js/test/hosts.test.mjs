/** Hosts with a login of their own, and servers that refuse what a client shows. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect, memoryStorage } from '../src/index.js';
import { closeAll, hear, join, live, next, open } from './people.mjs';
import { startHost, startServer } from './server.mjs';

after(closeAll);

/** A user of the host, whose token is the id. */
function guest(host, id) {
  return open(host.url, { user: { id } }, { session: undefined, token: id });
}

test('a token opens a connection at a host that gives no tickets, without being told how', async (t) => {
  const host = await startHost();
  t.after(host.stop);
  const [ada, bob] = [guest(host, 'ada'), guest(host, 'bob')];
  const { id } = await ada.chat.rest.openDirect('bob');
  await Promise.all([live(ada), live(bob)]);

  await ada.chat.send(id, 'over a token');

  await hear(bob, 'over a token');
  for (const { chat } of [ada, bob]) chat.close();
});

test('a ticket that the host was said to give, and does not, ends the client with the refusal', async (t) => {
  const host = await startHost();
  t.after(host.stop);

  const chat = connect({ url: host.url, token: 'ada', tokenBy: 'ticket' });
  const { state, code, error } = await next(chat, 'state');

  assert.deepEqual([state, code, error.status, error.code], ['ended', undefined, 404, 'not_found']);
  await assert.rejects(chat.send('0193a1c0-0000-7000-8000-000000000000', 'too late'), { code: 'closed' });
});

test('a server that takes no token in an address says so, and the client ends', async (t) => {
  const server = await startServer({ CHAT_PROFILE: 'production', CHAT_JWT_SECRET: 'a secret of thirty-two bytes or more' });
  t.after(server.stop);
  const { token } = await join(server, 'ada');

  const chat = connect({ url: server.url, token, tokenBy: 'query' });
  const { state, error } = await next(chat, 'state');

  assert.deepEqual([state, error.code], ['ended', 'forbidden']);
  assert.match(error.message, /query_token/);
});

test('a login of somebody else ends the client, and what waits stays its writer\'s', async (t) => {
  const server = await startServer();
  t.after(server.stop);
  const [ada, bob] = [await join(server, 'ada'), await join(server, 'bob')];
  const storage = memoryStorage();
  let token = ada.token;
  const first = open(server.url, ada, { session: undefined, token: () => token, storage });
  await live(first);
  const { id } = await first.chat.rest.openDirect(bob.user.id);
  const ended = next(first.chat, 'state', ({ state }) => state === 'ended');

  await server.kill();
  const sent = first.chat.send(id, 'in the name of ada');
  token = bob.token;
  await server.start();

  assert.equal((await ended).code, 4401);
  await assert.rejects(sent, { code: 'closed' });
  const [his, hers] = [open(server.url, bob, { storage }), open(server.url, ada, { storage })];
  await hear(his, 'in the name of ada');
  const { items } = await hers.chat.rest.history(id);
  assert.deepEqual(items.map((message) => [message.sender_id, message.content]), [[ada.user.id, 'in the name of ada']]);
  for (const { chat } of [his, hers]) chat.close();
});
