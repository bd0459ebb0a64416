/** A real server with data of its own, and a real browser. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A server process that can be killed and started again on the same port and data. */
export async function startServer(settings = {}) {
  const binary = process.env.CHAT_SERVER_BIN;
  if (!binary) throw new Error('CHAT_SERVER_BIN names no server');
  const folder = await mkdtemp(join(tmpdir(), 'chat-web-'));
  const port = await freePort();
  const server = { url: `http://127.0.0.1:${port}`, process: null };
  server.start = async () => {
    const env = { ...process.env, CHAT_LISTEN: `127.0.0.1:${port}`, CHAT_DATA_DIR: join(folder, 'data'), CHAT_REGISTRATIONS: '1000', CHAT_REQUESTS_PER_SECOND: '500', CHAT_SENDS_PER_SECOND: '500', CHAT_SEND_BURST: '500', CHAT_LOG: 'warn', ...settings };
    server.process = spawn(binary, { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.process.stdout, 'data');
    server.process.stdout.resume();
  };
  server.kill = async (signal = 'SIGKILL') => {
    const ended = once(server.process, 'exit');
    server.process.kill(signal);
    await ended;
  };
  server.stop = async () => {
    if (server.process.exitCode === null && server.process.signalCode === null) await server.kill();
    await rm(folder, { recursive: true, force: true });
  };
  await server.start();
  return server;
}

export function startBrowser() {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

/** A signed-up user on a page of their own; errors of the page are collected. */
export async function signUp(browser, server, name, options = {}) {
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
  await page.getByLabel('Password').fill('correct horse battery');
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

/** The bubble with this text. */
export function bubble(user, text) {
  return user.page.locator('.message', { hasText: text });
}

/** Keeps a picture of the page where one was asked for. */
export async function picture(user, name) {
  if (process.env.SCREENSHOTS) await user.page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}
