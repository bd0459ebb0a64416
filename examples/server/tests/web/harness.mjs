/** A real server with data of its own, and a real browser. */
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Rest, register } from '../../../../chat-client-js/src/index.js';
import { sessions } from '../../../../chat-client-js/src/credentials.js';

export { startServer } from '../../../../chat-client-js/test/server.mjs';

export function startBrowser() {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    // A camera and a microphone that are none, and nobody who has to allow them.
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

const PASSWORD = 'correct horse battery';

/** The names that users of a server have. */
const taken = new WeakMap();

/** Claims a name. Tests of a file share a server: a name that two of them use is told here, where it can be mended. */
function claim(server, name) {
  const names = taken.get(server) ?? new Set();
  taken.set(server, names);
  if (names.has(name)) throw new Error(`another test of this file has a user ${name} already: give this one a name of its own`);
  names.add(name);
}

/** A user without a page: the REST API in their name. */
export async function account(server, name) {
  claim(server, name);
  const session = await register(server.url, { username: name, email: `${name}@example.com`, password: PASSWORD });
  const rest = new Rest(server.url, sessions(session, () => {}));
  return { name, id: session.user.id, rest };
}

/** A signed-up user on a page of their own; errors of the page are collected. */
export async function signUp(browser, server, name, options = {}) {
  claim(server, name);
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const errors = [];
  page.on('console', (message) => {
    const expected = /401|Failed to load resource|WebSocket connection|ERR_CONNECTION/.test(message.text());
    if (message.type() === 'error' && !expected) errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(server.url);
  await page.getByRole('button', { name: 'I am new here' }).click();
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('E-mail').fill(`${name}@example.com`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByLabel('Find people').waitFor();
  await page.locator('.status').waitFor({ state: 'hidden' });
  return { name, page, context, errors };
}

/** Opens the direct conversation with somebody, by search. */
export async function openDirect(user, name) {
  await user.page.getByLabel('Find people').fill(name);
  await user.page.locator('.side .row', { hasText: `@${name}` }).click();
  await user.page.getByLabel('Message', { exact: true }).waitFor();
}

export async function say(user, text) {
  await user.page.getByLabel('Message', { exact: true }).fill(text);
  await user.page.keyboard.press('Enter');
}

/** A direct conversation of a user without a page in which so much was said; `told(n)` is the n-th message, from 1. */
export async function talk(writer, reader, count, told) {
  const { items: [other] } = await writer.rest.users({ search: reader.name });
  const { id } = await writer.rest.openDirect(other.id);
  for (let n = 1; n <= count; n += 1) await writer.rest.post(`conversations/${id}/messages`, { content: told(n) });
  return id;
}

/** The bubble with this text. */
export function bubble(user, text) {
  return user.page.locator('.message', { hasText: text });
}

/** Keeps a picture of the page where one was asked for. */
export async function picture(user, name) {
  if (process.env.SCREENSHOTS) await user.page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}
