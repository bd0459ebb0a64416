/** Calls: the states of both sides, over a relay that tells devices what the server would. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Calls } from '../src/calls.js';
import { Emitter } from '../src/emitter.js';
import { ChatError } from '../src/error.js';
import { FakePeer, stream } from './peer.mjs';

/** Devices by user, told as the server tells them. */
function relay() {
  const devices = [];
  const world = { said: [], devices, refuse: () => null };
  world.device = (user) => {
    const chat = new Emitter();
    const device = { user, chat };
    chat.rest = { iceServers: async () => ({ ice_servers: [{ urls: ['stun:stun.example'] }] }) };
    chat.command = async (command) => {
      const refusal = world.refuse(command);
      if (refusal) throw refusal;
      world.said.push(command);
      const { type: _, ...signal } = { ...command, from: user };
      const settles = ['answer', 'hangup'].includes(command.signal.type);
      const hears = (other) => other.user === command.to || (settles && other.user === user && other !== device);
      queueMicrotask(() => devices.filter(hears).forEach((other) => other.chat.emit('call_signal', { type: 'call_signal', ...signal })));
      return { type: 'ack' };
    };
    device.calls = new Calls(chat, { peer: FakePeer });
    device.incoming = [];
    device.calls.on('incoming', (call) => device.incoming.push(call));
    device.states = (call) => {
      const states = [];
      call.on('state', (state) => states.push(state));
      return states;
    };
    devices.push(device);
    return device;
  };
  world.kinds = () => world.said.map(({ signal }) => signal.reason ?? signal.type);
  return world;
}

/** What is under way comes to rest. */
async function rest() {
  for (let round = 0; round < 40; round += 1) await new Promise(setImmediate);
}

/** Until candidates have been gathered and told. */
function gathered() {
  return new Promise((resolve) => setTimeout(resolve, 200));
}

test('a call rings, is taken and connects, and the hang-up of one ends it for both', async () => {
  const world = relay();
  const [ada, bob] = [world.device('ada'), world.device('bob')];
  const call = ada.calls.call('c', 'bob', stream('audio', 'video'));
  const states = ada.states(call);
  await rest();
  const [ringing] = bob.incoming;
  assert.equal(ringing.state, 'ringing');
  assert.ok(ringing.video);
  assert.deepEqual(states, ['ringing']);

  await ringing.accept(stream('audio'));
  await gathered();
  assert.deepEqual(states, ['ringing', 'connecting', 'connected']);
  assert.equal(ringing.state, 'connected');
  assert.equal(ringing.remote.id, 'remote');
  const [hers, his] = FakePeer.all.splice(0);
  assert.deepEqual([hers.candidates.length, his.candidates.length], [2, 2]);
  assert.deepEqual([hers.tracks.length, his.tracks.length], [2, 1]);
  assert.equal(hers.config.iceServers[0].urls[0], 'stun:stun.example');
  assert.deepEqual(world.kinds(), ['offer', 'ringing', 'answer', 'candidates', 'candidates']);

  ringing.hangUp();
  await rest();
  assert.deepEqual([call.state, call.reason, ringing.reason], ['ended', 'ended', 'ended']);
  assert.ok(hers.closed && his.closed);
  assert.deepEqual([ada.calls.current, bob.calls.current], [undefined, undefined]);
});

test('candidates that come before the call is taken are kept for it', async () => {
  FakePeer.all = [];
  const world = relay();
  const [ada, bob] = [world.device('ada'), world.device('bob')];
  ada.calls.call('c', 'bob', stream('audio'));
  await gathered();
  assert.ok(world.kinds().includes('candidates'));
  await bob.incoming[0].accept(stream('audio'));
  await rest();
  assert.equal(FakePeer.all[1].candidates.length, 2);
  ada.calls.close();
});

test('of two devices the one that answers has the call, and the other stops ringing', async () => {
  const world = relay();
  const [ada, laptop, phone] = [world.device('ada'), world.device('bob'), world.device('bob')];
  const call = ada.calls.call('c', 'bob', stream('audio'));
  await rest();
  await phone.incoming[0].accept(stream('audio'));
  await rest();
  assert.deepEqual([laptop.incoming[0].state, laptop.incoming[0].reason], ['ended', 'elsewhere']);
  assert.deepEqual([call.state, phone.incoming[0].state], ['connected', 'connected']);
  assert.equal(laptop.calls.current, undefined);
  ada.calls.close();
  await rest();
  assert.equal(phone.incoming[0].reason, 'ended');
});

test('two devices that answer at once: the first has it, the second is told', async () => {
  const world = relay();
  const [ada, laptop, phone] = [world.device('ada'), world.device('bob'), world.device('bob')];
  const call = ada.calls.call('c', 'bob', stream('audio'));
  await rest();
  void laptop.incoming[0].accept(stream('audio'));
  void phone.incoming[0].accept(stream('audio'));
  await rest();
  assert.equal(call.state, 'connected');
  assert.deepEqual([laptop.incoming[0].state, phone.incoming[0].state].sort(), ['connected', 'ended']);
  ada.calls.close();
});

test('a declined call ends on every device', async () => {
  const world = relay();
  const [ada, laptop, phone] = [world.device('ada'), world.device('bob'), world.device('bob')];
  const call = ada.calls.call('c', 'bob', stream('audio'));
  await rest();
  laptop.incoming[0].hangUp();
  await rest();
  assert.deepEqual([call.reason, phone.incoming[0].reason], ['declined', 'elsewhere']);
});

test('whoever is in a call is busy for others', async () => {
  const world = relay();
  const [ada, bob, eve] = [world.device('ada'), world.device('bob'), world.device('eve')];
  ada.calls.call('c', 'bob', stream('audio'));
  await rest();
  await bob.incoming[0].accept(stream('audio'));
  const hers = eve.calls.call('d', 'bob', stream('audio'));
  await rest();
  assert.equal(hers.reason, 'busy');
  assert.equal(bob.incoming.length, 1);
  assert.equal(bob.calls.current.state, 'connected');
  assert.throws(() => bob.calls.call('d', 'eve', stream('audio')), { code: 'busy' });
  ada.calls.close();
});

test('two who call each other at once are in one call, and nothing goes on ringing', async () => {
  FakePeer.all = [];
  const world = relay();
  const [ada, bob, phone] = [world.device('ada'), world.device('bob'), world.device('bob')];
  const [hers, his] = [ada.calls.call('c', 'bob', stream('audio')), bob.calls.call('c', 'ada', stream('audio'))];
  await rest();
  await gathered();
  assert.deepEqual([hers.state, his.state], ['connected', 'connected']);
  assert.equal(hers.id, his.id);
  assert.deepEqual([ada.incoming.length, bob.incoming.length], [0, 0]);
  assert.deepEqual(phone.incoming.map((call) => call.state), ['ended']);
  assert.equal(FakePeer.all.filter((peer) => !peer.closed).length, 2);
  hers.hangUp();
  await rest();
  assert.equal(his.reason, 'ended');
});

test('a call that nobody takes ends after 45 seconds', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const world = relay();
    const [ada, bob] = [world.device('ada'), world.device('bob')];
    const call = ada.calls.call('c', 'bob', stream('audio'));
    await rest();
    mock.timers.tick(44_999);
    assert.equal(call.state, 'ringing');
    mock.timers.tick(1);
    await rest();
    assert.deepEqual([call.reason, bob.incoming[0].reason], ['unanswered', 'unanswered']);
  } finally {
    mock.timers.reset();
  }
});

test('a refused offer ends the call with what was refused; what may pass is repeated', async () => {
  const world = relay();
  const [ada, bob] = [world.device('ada'), world.device('bob')];
  world.refuse = ({ signal }) => signal.type === 'offer' && new ChatError('blocked', 'no');
  const refused = ada.calls.call('c', 'bob', stream('audio'));
  await rest();
  assert.deepEqual([refused.reason, refused.error.code, bob.incoming.length], ['failed', 'blocked', 0]);

  let tries = 0;
  world.refuse = ({ signal }) => signal.type === 'offer' && (tries += 1) < 3 && new ChatError('rate_limited', 'later', { retryAfter: 10 });
  ada.calls.call('c', 'bob', stream('audio'));
  await gathered();
  assert.deepEqual([tries, bob.incoming.length], [3, 1]);
  assert.deepEqual(world.kinds().slice(0, 4), ['failed', 'offer', 'ringing', 'candidates']);
  ada.calls.close();
});

test('a connection that breaks ends the call for both', async () => {
  FakePeer.all = [];
  const world = relay();
  const [ada, bob] = [world.device('ada'), world.device('bob')];
  const call = ada.calls.call('c', 'bob', stream('audio'));
  await rest();
  await bob.incoming[0].accept(stream('audio'));
  await rest();
  FakePeer.all[0].move('failed');
  await rest();
  assert.deepEqual([call.reason, bob.incoming[0].reason], ['failed', 'failed']);
});

test('a page that goes hangs up, unless it only rings', async () => {
  const world = relay();
  const [ada, laptop, phone] = [world.device('ada'), world.device('bob'), world.device('bob')];
  const call = ada.calls.call('c', 'bob', stream('audio'));
  await rest();
  laptop.calls.close();
  await rest();
  assert.deepEqual([call.state, phone.incoming[0].state], ['ringing', 'ringing']);
  ada.calls.close();
  await rest();
  assert.equal(phone.incoming[0].reason, 'ended');
});
