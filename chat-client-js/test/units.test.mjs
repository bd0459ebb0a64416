/** Rules that need no server: waits, positions, the outbox's keys, and what each close code leads to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../src/backoff.js';
import { connect } from '../src/chat.js';
import { CLOSE_CODES } from '../src/codes.js';
import { Connection } from '../src/connection.js';
import { ChatError } from '../src/error.js';
import { Outbox } from '../src/outbox.js';
import { Positions } from '../src/positions.js';
import { memoryStorage } from '../src/storage.js';

const message = (rev, extra = {}) => ({ type: 'message_created', message: { conversation_id: 'c', rev, ...extra } });

/** Positions after a resume. */
function live(revs = {}) {
  const positions = new Positions({ epoch: 'e', revs });
  positions.admit({ type: 'ready', epoch: 'e', user_id: 'me' });
  positions.admit({ type: 'resumed', left: [] });
  return positions;
}

test('waits double, are spread, and end at ten seconds', () => {
  const backoff = new Backoff(() => 1);
  assert.deepEqual(Array.from({ length: 8 }, () => backoff.next()), [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  backoff.reset();
  assert.equal(backoff.next(3_000), 3_250);
  backoff.later();
  assert.equal(backoff.next(), 4_000);
  assert.equal(new Backoff(() => 0).next(), 125);
});

test('an event counts once, an old one not at all, and one of an unknown kind like any other', () => {
  const positions = live({ c: 1 });
  assert.ok(positions.admit(message(2)));
  assert.ok(!positions.admit(message(2)));
  assert.ok(positions.admit({ type: 'message_updated', message: { conversation_id: 'c', rev: 3 } }));
  assert.ok(positions.admit({ type: 'of_a_newer_server', conversation_id: 'c', rev: 4 }));
  assert.ok(!positions.admit({ type: 'of_a_newer_server', conversation_id: 'c', rev: 4 }));
  assert.ok(positions.admit({ type: 'typing', conversation_id: 'c' }));
  assert.deepEqual(positions.keep(), { epoch: 'e', revs: { c: 4 } });
});

test('until a resume is done the log is left to it', () => {
  const positions = live({ c: 1 });
  positions.admit({ type: 'ready', epoch: 'e', user_id: 'me' });
  assert.ok(!positions.admit(message(2)));
  assert.ok(positions.admit({ type: 'changes', conversation: { id: 'c' }, rev: 2 }));
  assert.ok(positions.admit({ type: 'resumed', left: ['gone'] }));
  assert.ok(!positions.admit(message(2)));
  assert.ok(positions.admit(message(3)));
});

test('another epoch names every conversation from the beginning', () => {
  const positions = live({ c: 7 });
  positions.admit({ type: 'ready', epoch: 'other', user_id: 'me' });
  assert.deepEqual(positions.resumes(), [{ epoch: 'other', revs: { c: 0 } }]);
});

test('more than 500 conversations are named in several commands', () => {
  const revs = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`c${n}`, 1]));
  const bodies = new Positions({ epoch: 'e', revs }).resumes();
  assert.deepEqual(bodies.map(({ revs, more }) => [Object.keys(revs).length, more]), [[500, true], [500, true], [1, undefined]]);
  assert.deepEqual(new Positions().resumes(), [{ epoch: undefined, revs: {} }]);
});

test('one who was removed does not name the conversation any more', () => {
  const positions = live({ c: 1 });
  positions.admit({ type: 'member_removed', conversation_id: 'c', member: { user_id: 'me', rev: 2 } });
  assert.deepEqual(positions.keep().revs, {});
});

/** An outbox of ada's over a connection that takes everything. */
function outbox(storage = memoryStorage()) {
  const sent = [];
  const made = new Outbox(storage, { send: (frame) => sent.push(frame) > 0, changed: () => {} });
  made.open('ada');
  made.live();
  return { made, sent, storage };
}

test('messages of a conversation leave one after another, those of others beside them', () => {
  const { made, sent } = outbox();
  for (const [id, content] of [['a', '1'], ['a', '2'], ['b', '3']]) made.add(id, { content });
  assert.deepEqual(sent.map(({ content }) => content), ['1', '3']);
  made.answered({ type: 'ack', id: sent[0].id });
  assert.deepEqual(sent.map(({ content }) => content), ['1', '3', '2']);
  made.close();
});

test('what one user left is not sent by another', () => {
  const storage = memoryStorage();
  const first = outbox(storage);
  first.made.add('a', { content: 'of ada' });
  first.made.close();
  const other = new Outbox(storage, { send: () => assert.fail('sent'), changed: () => {} });
  other.open('bob');
  other.live();
  assert.deepEqual(other.entries, []);
});

test('what one user added is not carried over to another, and what was added before it was known who it is, is', async () => {
  const storage = memoryStorage();
  const made = new Outbox(storage, { send: () => true, changed: () => {} });
  made.add('a', { content: 'of whoever comes' });
  made.open('ada');
  const done = made.done(made.add('a', { content: 'of ada' }));
  made.open('bob');
  assert.deepEqual(made.entries, []);
  await assert.rejects(done, { code: 'closed' });
  made.open('ada');
  assert.deepEqual(made.entries.map(({ body }) => body.content), ['of whoever comes', 'of ada']);
});

test('what was added in one moment keeps its order over a reload', () => {
  const storage = memoryStorage();
  const { made } = outbox(storage);
  const contents = Array.from({ length: 50 }, (_, n) => String(n));
  contents.forEach((content) => made.add('a', { content }));
  made.close();
  const reloaded = outbox(storage).made;
  reloaded.close();
  assert.deepEqual(reloaded.entries.map(({ body }) => body.content), contents);
});

test('after the end nothing is taken', () => {
  const { made, storage } = outbox();
  made.close();
  assert.throws(() => made.add('a', { content: 'too late' }), { code: 'closed' });
  assert.equal(storage.length, 0);
});

test('a refusal is kept as failed, to be retried or discarded', async () => {
  const { made, sent, storage } = outbox();
  const entry = made.add('a', { content: 'hi' });
  const done = made.done(entry);
  made.answered({ type: 'error', id: entry.client_id, code: 'not_found', detail: '' });
  await assert.rejects(done, { code: 'not_found' });
  assert.equal(outbox(storage).made.entries[0].failed, 'not_found');
  made.retry(entry.client_id);
  assert.equal(sent.length, 2);
  made.discard(entry.client_id);
  assert.deepEqual([made.entries, storage.length], [[], 0]);
});

test('a refusal that may pass is repeated after the hint, under the same id', async () => {
  const { made, sent } = outbox();
  const entry = made.add('a', { content: 'hi' });
  const again = new Promise((resolve) => {
    made.owner.send = (frame) => {
      resolve(frame);
      return true;
    };
  });
  made.answered({ type: 'error', id: entry.client_id, code: 'rate_limited', detail: '', retry_after_ms: 1 });
  assert.equal((await again).client_id, sent[0].client_id);
  made.close();
});

test('too many are refused, and so are those that cannot be kept', () => {
  const { made } = outbox();
  for (let n = 0; n < 1_000; n += 1) made.add('a', { content: 'x' });
  assert.throws(() => made.add('a', { content: 'x' }), { code: 'outbox_full' });
  made.close();
  const full = { ...memoryStorage(), setItem: () => { throw new Error('quota'); } };
  assert.throws(() => outbox(full).made.add('a', { content: 'x' }), { code: 'storage_failed' });
});

/** Sockets that the test opens and closes, on mocked timers. @returns the sockets made */
function sockets(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const given = globalThis.WebSocket;
  t.after(() => (globalThis.WebSocket = given));
  const made = [];
  globalThis.WebSocket = class {
    constructor() {
      made.push(this);
    }
    close() {}
  };
  return made;
}

const owner = { address: async () => new URL('ws://x'), frame: () => {}, lost: () => {}, ended: () => {} };

test('who wakes comes at once, but not before the server asked to', async (t) => {
  const made = sockets(t);
  const connection = new Connection(owner);
  const passes = async (milliseconds) => {
    t.mock.timers.tick(milliseconds);
    await Promise.resolve();
    return made.length;
  };
  await connection.open();
  made[0].onclose({ code: 1006 });
  connection.now();
  assert.equal(await passes(0), 2, 'nothing was asked');

  made[1].onmessage({ data: JSON.stringify({ type: 'closing', reconnect_after_ms: 5_000 }) });
  made[1].onclose({ code: 1001 });
  connection.now();
  assert.equal(await passes(4_999), 2, 'the hint counts');
  connection.now();
  assert.equal(await passes(251), 3);
  connection.stop();
});

test('a page that is hidden asks for nothing, and one that is shown comes at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const asked = t.mock.method(globalThis, 'fetch', () => Promise.reject(new Error('no network')));
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  globalThis.document = page;
  t.after(() => delete globalThis.document);
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const chat = connect({ url: 'http://chat.example', token: 'a', storage: memoryStorage() });
  const shows = async (state) => {
    page.visibilityState = state;
    page.dispatchEvent(new Event('visibilitychange'));
    await settled();
    return asked.mock.callCount();
  };
  await settled();

  assert.equal(await shows('hidden'), 1);
  assert.equal(await shows('visible'), 2);
  chat.close();
  assert.equal(await shows('visible'), 2);
});

test('a refusal that is final ends, one that may pass does not', async () => {
  for (const [status, code, ends] of [[401, 'unauthenticated', true], [404, 'not_found', true], [429, 'rate_limited', false], [404, 'unreachable', false], [503, 'busy', false]]) {
    const ended = [];
    const address = () => Promise.reject(new ChatError(code, '', { status }));
    const connection = new Connection({ ...owner, address, ended: (...told) => ended.push(told) });
    await connection.open();
    connection.stop();
    assert.deepEqual(ended.map(([closed, error]) => [closed, error.code]), ends ? [[status === 401 ? 4401 : undefined, code]] : [], code);
  }
});

test('each close code leads to another connection or to the end, as the table says; an unknown one to another', async (t) => {
  const made = sockets(t);
  for (const code of [...Object.keys(CLOSE_CODES).map(Number), 1005, 1006, 4999]) {
    const told = [];
    const connection = new Connection({ address: async () => new URL('ws://x'), frame: () => {}, lost: (lost) => told.push(['lost', lost]), ended: (ended) => told.push(['ended', ended]) });
    await connection.open();
    const before = made.length;
    made.at(-1).onclose({ code });
    t.mock.timers.tick(10_000);
    await Promise.resolve();
    const comes = CLOSE_CODES[code]?.reconnect ?? true;
    assert.deepEqual(told, [[comes ? 'lost' : 'ended', code]], `${code}`);
    assert.equal(made.length - before, comes ? 1 : 0, `${code}`);
    connection.stop();
  }
});
