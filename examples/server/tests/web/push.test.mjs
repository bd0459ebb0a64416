import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { after, before, test } from 'node:test';
import { openDirect, say, signUp, startBrowser, startServer } from './harness.mjs';

let server;
let browser;

before(async () => {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  // Without the zeros that a key may begin with.
  const key = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32);
  server = await startServer({ CHAT_PUSH_KEY: key.toString('base64url'), CHAT_PUSH_CONTACT: 'mailto:ops@chat.example' });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Registers the page's worker, and gives a way to push to it as a push service does. */
async function worker({ page, context }) {
  const devtools = await context.newCDPSession(page);
  const registered = new Promise((resolve) => devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    const found = registrations.find(({ scopeURL }) => scopeURL === `${server.url}/`);
    if (found) resolve(found.registrationId);
  }));
  await devtools.send('ServiceWorker.enable');
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/sw.js');
    const { active } = await navigator.serviceWorker.ready;
    // One that is just being activated is pushed nothing.
    while (active.state !== 'activated') await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }));
  });
  const registrationId = await registered;
  return (notice) => devtools.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data: JSON.stringify(notice) });
}

/** The notifications that are shown, once they are as expected or `patience` ms have passed; a page cannot wait for them. */
async function shown({ page }, expected, patience = 15_000) {
  const read = () => page.evaluate(async () => {
    const { getNotifications } = ServiceWorkerRegistration.prototype;
    const all = await getNotifications.call(await navigator.serviceWorker.ready);
    return all.map(({ title, body, tag }) => ({ title, body, tag }));
  });
  const deadline = Date.now() + patience;
  let all = await read();
  while (!expected(all) && Date.now() < deadline) all = await read();
  return all;
}

/** What is shown after a push, which the browser may drop while it stops an idle worker: then it is pushed again, as one of the same tag. */
async function pushed(user, push, expected) {
  let all = [];
  for (let tries = 0; tries < 5 && !expected(all); tries += 1) {
    await push();
    all = await shown(user, expected, 3_000);
  }
  return all;
}

const count = (wanted) => (all) => all.length === wanted;

test('a push is shown, a newer one of its conversation takes its place, and a click opens it', async () => {
  const ada = await signUp(browser, server, 'ada', { permissions: ['notifications'] });
  const bob = await signUp(browser, server, 'bob');
  await openDirect(bob, 'ada');
  await say(bob, 'Hello, Ada!');
  await ada.page.locator('.side .row', { hasText: 'Hello, Ada!' }).waitFor();
  const conversation_id = await ada.page.evaluate(async () => (await (await fetch('/api/v1/conversations')).json()).items[0].id);
  const push = await worker(ada);
  const notice = { conversation_id, conversation_type: 'direct', conversation_name: null, sender_name: 'bob', message_type: 'text', content: 'Hello, Ada!', messages: 1 };

  assert.deepEqual(await pushed(ada, () => push(notice), count(1)), [{ title: 'bob', body: 'Hello, Ada!', tag: conversation_id }]);
  const newer = { ...notice, content: '<b>Are you there?</b>' };
  const [second] = await pushed(ada, () => push(newer), (all) => all.some(({ body }) => body === newer.content));
  assert.equal(second.body, '<b>Are you there?</b>');
  const other = { ...notice, conversation_id: 'another', conversation_type: 'group', conversation_name: 'Crew', content: '', message_type: 'image' };
  const [, group] = (await pushed(ada, () => push(other), count(2))).sort((one, two) => Number(one.tag === 'another') - Number(two.tag === 'another'));
  assert.deepEqual(group, { title: 'Crew', body: 'bob: a picture', tag: 'another' });

  const [script] = ada.context.serviceWorkers();
  await script.evaluate(async (tag) => {
    const [notification] = await self.registration.getNotifications({ tag });
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  }, conversation_id);
  await ada.page.locator('.message', { hasText: 'Hello, Ada!' }).waitFor();
  assert.equal((await shown(ada, count(1)))[0].tag, 'another', 'the clicked one is gone');
  assert.deepEqual(ada.errors, []);
});

test('a notification that opens the page opens its conversation', async () => {
  const cyd = await signUp(browser, server, 'cyd');
  const dan = await signUp(browser, server, 'dan');
  await openDirect(dan, 'cyd');
  await say(dan, 'Look here');
  await cyd.page.locator('.side .row', { hasText: 'Look here' }).waitFor();
  const id = await cyd.page.evaluate(async () => (await (await fetch('/api/v1/conversations')).json()).items[0].id);
  await cyd.page.goto('about:blank');
  await cyd.page.goto(`${server.url}/#${id}`);
  await cyd.page.locator('.message', { hasText: 'Look here' }).waitFor();
  assert.equal(new URL(cyd.page.url()).hash, '');
});

test('the settings offer notifications where the server pushes, and say when the browser refuses', async () => {
  const eve = await signUp(browser, server, 'eve');
  await eve.page.getByRole('button', { name: 'Settings' }).click();
  const bell = eve.page.getByLabel('Notify me here of messages while I am away');
  await bell.waitFor();
  assert.equal(await bell.isChecked(), false);
  await bell.click();
  await eve.page.getByText('This browser does not allow notifications of this page.').waitFor();
  assert.equal(await bell.isChecked(), false);
});
