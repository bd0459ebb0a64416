import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscribePush, unsubscribePush } from '../src/index.js';

/** A server that notes what it is asked. */
function fakeRest(key) {
  const asked = [];
  const note = (answer) => (name) => (given) => {
    asked.push(given === undefined ? [name] : [name, given]);
    return Promise.resolve(answer);
  };
  return { asked, pushKey: note({ key })('pushKey'), pushTo: note(null)('pushTo'), pushNoMore: note(null)('pushNoMore') };
}

/** A browser's registration: one subscription at a time. */
function fakeRegistration() {
  let made = 0;
  let subscription = null;
  return {
    pushManager: {
      getSubscription: async () => subscription,
      async subscribe({ applicationServerKey, userVisibleOnly }) {
        assert.equal(userVisibleOnly, true);
        const endpoint = `https://push.example/${++made}`;
        subscription = {
          endpoint, options: { applicationServerKey: Buffer.from(applicationServerKey, 'base64url') },
          toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: 'point', auth: 'secret' } }),
          unsubscribe: async () => { subscription = null; return true; },
        };
        return subscription;
      },
    },
  };
}

const key = (byte) => Buffer.alloc(65, byte).toString('base64url');
const posted = (n) => ['pushTo', { endpoint: `https://push.example/${n}`, p256dh: 'point', auth: 'secret' }];

test('a browser subscribes once for a key, and tells the server each time', async () => {
  const registration = fakeRegistration();
  for (const byte of [0xfb, 0xfb, 4]) {
    const rest = fakeRest(key(byte));
    await subscribePush(rest, registration);
    assert.deepEqual(rest.asked, [['pushKey'], posted(byte === 4 ? 2 : 1)]);
  }
});

test('unsubscribing ends it in the browser and on the server', async () => {
  const [rest, registration] = [fakeRest(key(4)), fakeRegistration()];
  await unsubscribePush(rest, registration);
  assert.deepEqual(rest.asked, [], 'there was nothing');
  await subscribePush(rest, registration);
  await unsubscribePush(rest, registration);
  assert.deepEqual(rest.asked.at(-1), ['pushNoMore', 'https://push.example/1']);
  assert.equal(await registration.pushManager.getSubscription(), null);
});
