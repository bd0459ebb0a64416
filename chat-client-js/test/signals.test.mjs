/** Calls over the server: their signals go between devices that only have no sound. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Calls } from '../src/calls.js';
import { FakePeer, stream } from './peer.mjs';
import { closeAll, live, next, open, two } from './people.mjs';
import { startLine, startServer } from './server.mjs';

let server;

before(async () => {
  server = await startServer();
});

after(async () => {
  closeAll();
  await server?.stop();
});

/** Waits for what is told to nobody. */
async function until(holds, within = 10_000) {
  for (const end = Date.now() + within; !holds();) {
    if (Date.now() > end) throw new Error('it did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a call is taken on one of two devices, and ended', async () => {
  FakePeer.all = [];
  const { ada, bob, id, sessions } = await two(server, ['call-ada', 'call-bob']);
  const phone = open(server.url, sessions[1]);
  await live(phone);
  const [hers, his, other] = [ada, bob, phone].map(({ chat }) => new Calls(chat, { peer: FakePeer }));
  const rings = [next(his, 'incoming'), next(other, 'incoming')];
  const call = hers.call(id, bob.id, stream('audio', 'video'));
  const [ringing, elsewhere] = await Promise.all(rings);
  if (call.state === 'calling') await next(call, 'state', (state) => state === 'ringing');

  const [connected, stopped] = [next(call, 'state', (state) => state === 'connected'), next(elsewhere, 'state', (state) => state === 'ended')];
  await ringing.accept(stream('audio'));
  await Promise.all([connected, stopped]);
  assert.equal(elsewhere.reason, 'elsewhere');
  await until(() => FakePeer.all.length === 2 && FakePeer.all.every((peer) => peer.candidates.length === 2));

  const ended = next(call, 'state', (state) => state === 'ended');
  ringing.hangUp();
  await ended;
  assert.equal(call.reason, 'ended');
  assert.deepEqual(ada.frames.filter(({ type }) => type === 'error'), []);
  [ada, bob, phone].forEach(({ chat }) => chat.close());
});

test('who is blocked is told when they call', async () => {
  const { ada, bob, id } = await two(server, ['call-cyd', 'call-dan']);
  await bob.chat.rest.request('PUT', `users/me/blocks/${encodeURIComponent(ada.id)}`);
  const call = new Calls(ada.chat, { peer: FakePeer }).call(id, bob.id, stream('audio'));
  await next(call, 'state', (state) => state === 'ended');
  assert.deepEqual([call.reason, call.error.code], ['failed', 'blocked']);
  [ada, bob].forEach(({ chat }) => chat.close());
});

test('a connection of the chat that breaks does not end a call, and what was said meanwhile comes after it', async () => {
  const line = await startLine(server);
  const { ada, bob, id } = await two(server, ['call-eve', 'call-fay'], { 0: line.url });
  const [hers, his] = [ada, bob].map(({ chat }) => new Calls(chat, { peer: FakePeer }));
  const rings = next(his, 'incoming');
  line.cut();
  const call = hers.call(id, bob.id, stream('audio'));
  const ringing = await rings;
  const connected = next(call, 'state', (state) => state === 'connected');
  await ringing.accept(stream('audio'));
  await connected;

  line.cut();
  await next(ada.chat, 'state', ({ state }) => state === 'connecting');
  await live(ada);
  assert.deepEqual([call.state, ringing.state], ['connected', 'connected']);
  const ended = next(ringing, 'state', (state) => state === 'ended');
  call.hangUp();
  await ended;
  [ada, bob].forEach(({ chat }) => chat.close());
  line.close();
});
