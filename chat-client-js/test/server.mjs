/** A real server with data of its own, and a line to it that can be cut. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
  const folder = await mkdtemp(join(tmpdir(), 'chat-js-'));
  const port = await freePort();
  const server = { url: `http://127.0.0.1:${port}`, port, data: join(folder, 'data'), process: null };
  server.start = async () => {
    // What is set for the tests, as where programs are, is no setting of a server.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CHAT_'));
    const env = { ...Object.fromEntries(inherited), CHAT_LISTEN: `127.0.0.1:${port}`, CHAT_DATA_DIR: server.data, CHAT_REGISTRATIONS: '1000', CHAT_REQUESTS_PER_SECOND: '500', CHAT_SENDS_PER_SECOND: '500', CHAT_SEND_BURST: '500', CHAT_LOG: 'warn', ...settings };
    server.process = spawn(binary, { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(server.process, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with ${code}`)));
    await Promise.race([once(server.process.stdout, 'data'), ended]);
    ended.catch(() => {});
    server.process.stdout.resume();
  };
  server.kill = async (signal = 'SIGKILL') => {
    const ended = once(server.process, 'exit');
    server.process.kill(signal);
    await ended;
  };
  /** As after a restore from a backup; the server must be down. */
  server.renewEpoch = () => {
    const change = 'import sqlite3, sys, os; c = sqlite3.connect(sys.argv[1]); c.execute("update chat_meta set epoch = ?", (os.urandom(16),)); c.commit()';
    execFileSync('python3', ['-c', change, join(server.data, 'chat.db')]);
  };
  server.stop = async () => {
    if (server.process.exitCode === null && server.process.signalCode === null) await server.kill();
    await rm(folder, { recursive: true, force: true });
  };
  await server.start();
  return server;
}

/** A program that has a login of its own: `examples/hello`, where the token is the user's id. */
export async function startHost() {
  const binary = process.env.CHAT_HELLO_BIN;
  if (!binary) throw new Error('CHAT_HELLO_BIN names no program');
  const address = `127.0.0.1:${await freePort()}`;
  const host = spawn(binary, { env: { ...process.env, ADDRESS: address }, stdio: 'ignore' });
  // It says nothing when it listens.
  while (!(await fetch(`http://${address}/orders`).catch(() => null))) {
    if (host.exitCode !== null) throw new Error(`the host ended with ${host.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { url: `http://${address}/chat`, stop: () => host.kill() };
}

/** A way to the server that can be cut, muted (nothing comes back) and stopped (nothing is read). */
export async function startLine(server) {
  const pairs = new Set();
  const line = { muted: false, down: false };
  const listener = createServer((near) => {
    if (line.down) return near.destroy();
    const far = connect(server.port, '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => line.muted || near.write(bytes));
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        pairs.delete(pair);
        other.destroySoon();
      });
    }
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  line.url = `http://127.0.0.1:${listener.address().port}`;
  line.cut = () => pairs.forEach(({ near, far }) => [near, far].forEach((socket) => socket.destroy()));
  line.stop = () => pairs.forEach(({ far }) => far.pause());
  line.go = () => pairs.forEach(({ far }) => far.resume());
  line.close = () => {
    line.cut();
    listener.close();
  };
  return line;
}
