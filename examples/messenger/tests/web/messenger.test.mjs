/** A front end on an origin of its own, which knows nothing of this project, in a browser. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { startBrowser } from '../../../server/tests/web/harness.mjs';

let front;
let messenger;
let browser;

/** The front end's own server. */
async function startFront() {
  const page = await readFile(new URL('front.html', import.meta.url));
  const server = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(page)).listen(0);
  await once(server, 'listening');
  return { server, origin: `http://localhost:${server.address().port}` };
}

/** The program on MongoDB, in a database and a folder of its own. */
async function startMessenger(origin) {
  const { CHAT_MESSENGER_BIN: binary, TEST_MONGO_URL: mongo } = process.env;
  if (!binary || !mongo) throw new Error('CHAT_MESSENGER_BIN or TEST_MONGO_URL is not set');
  const folder = await mkdtemp(join(tmpdir(), 'chat-messenger-'));
  const database = `messenger_web_${process.pid}_${Date.now()}`;
  const env = { ...process.env, PORT: '0', CLIENT_URL: origin, MONGODB_URI: mongo.replace('/?', `/${database}?`), NO_COLOR: '1', RUST_LOG: 'info' };
  const child = spawn(binary, { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = line.match(/open on http:\/\/0\.0\.0\.0:(\d+)/)?.[1];
    if (port) {
      child.stdout.resume();
      return { child, folder, url: `http://localhost:${port}` };
    }
  }
  throw new Error('the messenger did not start');
}

before(async () => {
  front = await startFront();
  messenger = await startMessenger(front.origin);
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  front?.server.close();
  if (messenger) {
    const ended = once(messenger.child, 'exit');
    messenger.child.kill('SIGKILL');
    await ended;
    await rm(messenger.folder, { recursive: true, force: true });
  }
});

/** Somebody who signed up, in a browser of their own. */
async function signUp(name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`${front.origin}/?api=${encodeURIComponent(messenger.url)}`);
  await page.getByLabel('Full name').fill(name);
  await page.getByLabel('E-mail').fill(`${name}@example.com`);
  await page.getByLabel('Password').fill('heron5');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByText(`I am ${name}`).waitFor();
  return { context, page, errors };
}

const person = (page, name) => page.locator('#users li', { hasText: name });

async function say(page, text) {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** A picture of 60 pixels by 40, as PNG. */
async function png(page) {
  const data = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 60, height: 40 });
    canvas.getContext('2d').fillRect(5, 5, 30, 20);
    return canvas.toDataURL('image/png').split(',')[1];
  });
  return { name: 'picture.png', mimeType: 'image/png', buffer: Buffer.from(data, 'base64') };
}

test('two people see each other online and send text and a picture, from another origin', async () => {
  const ada = await signUp('ada');
  const bob = await signUp('bob');
  await ada.page.locator('#users li.online', { hasText: 'bob' }).click();
  await bob.page.locator('#users li.online', { hasText: 'ada' }).click();
  for (const { page } of [ada, bob]) await page.locator('#talk[data-peer]').waitFor();

  await say(ada.page, 'Hello, Bob!');
  await bob.page.locator('li.other', { hasText: 'Hello, Bob!' }).waitFor();
  await bob.page.getByLabel('Picture').setInputFiles(await png(bob.page));
  await say(bob.page, 'Look at this');
  for (const [page, whose] of [[ada.page, 'other'], [bob.page, 'own']]) {
    const shown = page.locator(`li.${whose}`, { hasText: 'Look at this' }).locator('img');
    await shown.waitFor();
    await page.waitForFunction((image) => image.complete && image.naturalWidth === 60, await shown.elementHandle());
  }
  assert.equal(await ada.page.locator('#messages li').count(), 2, 'nothing is shown twice');
  assert.equal(await bob.page.locator('#messages li').count(), 2, 'nothing is shown twice');

  await ada.page.reload();
  await ada.page.getByText('I am ada').waitFor();
  await person(ada.page, 'bob').click();
  await ada.page.locator('li.own', { hasText: 'Hello, Bob!' }).waitFor();
  assert.equal(await ada.page.evaluate(() => document.cookie), '', 'no script reads the cookie');
  await bob.context.close();
  await ada.page.locator('#users li:not(.online)', { hasText: 'bob' }).waitFor();
  assert.deepEqual([...ada.errors, ...bob.errors], []);
  await ada.context.close();
});

test('a page on another origin can neither read nor open a socket', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const other = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<title>Other</title>')).listen(0);
  await once(other, 'listening');
  await page.goto(`http://localhost:${other.address().port}/`);
  const read = await page.evaluate((url) => fetch(`${url}/api/auth/check`, { credentials: 'include' }).then(() => 'read', () => 'refused'), messenger.url);
  const opened = await page.evaluate((url) => new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve('opened');
    socket.onerror = () => resolve('refused');
  }), `${messenger.url.replace('http', 'ws')}/ws`);
  assert.deepEqual([read, opened], ['refused', 'refused']);
  other.close();
  await context.close();
});
