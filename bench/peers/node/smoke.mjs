// Whether every peer does what the benchmark asks of it: two clients of one room hear what one of them says, the sender
// too, and a third in another room does not; on SIGTERM the server ends.
//
// node bench/peers/node/smoke.mjs [FOLDER] takes the programs in FOLDER, or those of `cargo build --release` in
// bench/peers.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';

const here = path.dirname(fileURLToPath(import.meta.url));
const built = path.resolve(process.argv[2] ?? path.join(here, '../target/release'));
const node = (script) => [process.execPath, path.join(here, script)];

const PEERS = [
  { name: 'warp-map', command: [path.join(built, 'warp-map')], connect: plain },
  { name: 'axum-broadcast', command: [path.join(built, 'axum-broadcast')], connect: plain },
  { name: 'socketioxide-rooms', command: [path.join(built, 'socketioxide-rooms')], connect: socketIo },
  { name: 'ws', command: node('ws-server.mjs'), connect: plain },
  { name: 'socket.io', command: node('socketio-server.mjs'), connect: socketIo },
];

/** A client of the servers that speak plain JSON. */
async function plain(port, user, room) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?user=${user}&room=${room}`);
  const heard = [];
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    assert.equal(message.room, room);
    heard.push(message);
  });
  await once(socket, 'open');
  return {
    name: user,
    heard,
    say: (text) => socket.send(JSON.stringify({ room, text })),
    end: () => socket.terminate(),
  };
}

/** A client of those that speak Socket.IO. */
async function socketIo(port, _user, room) {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
  const heard = [];
  socket.on('say', (message) => heard.push(message));
  await new Promise((joined, failed) => {
    socket.on('connect_error', failed);
    socket.on('joined', joined);
    socket.on('connect', () => socket.emit('join', room));
  });
  return {
    name: socket.id,
    heard,
    say: (text) => socket.emit('say', { room, text }),
    end: () => socket.disconnect(),
  };
}

async function until(what, holds) {
  for (let waited = 0; !holds(); waited += 10) {
    assert.ok(waited < 10_000, `waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Each says something until it hears itself: a client may be open a moment before it is in its room. */
async function settle(clients) {
  for (const client of clients) {
    await until(`${client.name} to be in its room`, () => {
      if (client.heard.length === 0) client.say('here');
      return client.heard.length > 0;
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (const client of clients) client.heard.length = 0;
}

async function check(port, connect) {
  const ada = await connect(port, 'ada', 'one');
  const bob = await connect(port, 'bob', 'one');
  const cyd = await connect(port, 'cyd', 'two');
  await settle([ada, bob, cyd]);

  ada.say('hello "bob"');
  await until('both to hear', () => ada.heard.length > 0 && bob.heard.length > 0);
  cyd.say('alone');
  await until('the other room to hear', () => cyd.heard.length > 0);

  for (const { heard } of [ada, bob]) {
    const said = heard.map(({ from, text }) => ({ from, text }));
    assert.deepEqual(said, [{ from: ada.name, text: 'hello "bob"' }]);
  }
  assert.deepEqual(cyd.heard.map(({ text }) => text), ['alone']);
  for (const client of [ada, bob, cyd]) client.end();
}

for (const { name, command: [program, ...args], connect } of PEERS) {
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORT: '0' } });
  server.on('error', (error) => assert.fail(`${name}: ${error.message}`));
  const ended = once(server, 'exit');
  try {
    const [line] = await once(createInterface({ input: server.stdout }), 'line');
    await check(JSON.parse(line).port, connect);
  } finally {
    server.kill('SIGTERM');
  }
  await ended;
  console.log(`${name}: as it should`);
}
