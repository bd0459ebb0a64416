import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addConversation, addMessages, apply, createState, history, inbox, latestRun, mayDelete, runAround, status, summary, unread } from '../src/store.js';

const member = (user_id, rev = 1) => ({ user_id, role: 'member', active: true, rev, delivered_seq: 0, read_seq: 0 });
const view = { id: 'c', type: 'direct', created_at: '2026-01-01T00:00:00.000Z', last_seq: 0, rev: 1, member_count: 2, members: [member('me'), member('you')] };
const message = (seq, rev, sender_id = 'you') => ({ type: 'message_created', message: { id: `m${seq}`, conversation_id: 'c', seq, rev, sender_id, content: String(seq), created_at: '2026-01-01T00:00:00.000Z', client_id: `c${seq}` } });

function live() {
  const state = createState({ id: 'me' });
  addConversation(state, structuredClone(view));
  state.resuming = false;
  return state;
}

test('a message comes in, is counted and is read', () => {
  const state = live();
  assert.ok(apply(state, message(1, 2)));
  assert.equal(history(state, 'c').length, 1);
  assert.equal(unread(state, 'c'), 1);
  apply(state, { type: 'marker_moved', conversation_id: 'c', user_id: 'me', delivered_seq: 1, read_seq: 1 });
  assert.equal(unread(state, 'c'), 0);
});

test('what a resume brings and what comes after is one history', () => {
  const state = live();
  apply(state, { type: 'ready', epoch: 'e' });
  apply(state, { type: 'changes', conversation: { ...view, last_seq: 2, rev: 3 }, since: 1, rev: 3, reset: false, members: [], messages: [message(1, 2).message, message(2, 3).message] });
  apply(state, { type: 'resumed', left: [], markers: [] });
  assert.ok(apply(state, message(3, 4)));
  assert.deepEqual(history(state, 'c').map((found) => found.seq), [1, 2, 3]);
});

test('of two states of a message the later stays, whichever comes first', () => {
  const state = live();
  const [older, newer] = [message(1, 2).message, { ...message(1, 5).message, content: 'edited' }];
  addMessages(state, [newer]);
  addMessages(state, [older]);
  assert.equal(history(state, 'c')[0].content, 'edited');
});

test('frames of newer servers change nothing', () => {
  assert.equal(apply(live(), { type: 'something_new', conversation_id: 'c', rev: 9 }), false);
});

test('a reset forgets the history and asks for it again', () => {
  const state = live();
  apply(state, message(1, 2));
  apply(state, { type: 'changes', conversation: { ...view, last_seq: 900, rev: 999 }, since: 2, rev: 999, reset: true, members: [], messages: [] });
  assert.equal(history(state, 'c').length, 0);
  assert.ok(state.stale.has('c'));
});

test('another epoch starts anew', () => {
  const state = live();
  apply(state, { type: 'ready', epoch: 'one' });
  apply(state, message(1, 2));
  apply(state, { type: 'ready', epoch: 'two' });
  assert.equal(history(state, 'c').length, 0);
  assert.ok(state.stale.has('c'));
});

test('marks make ticks, and never go back', () => {
  const state = live();
  apply(state, message(1, 2, 'me'));
  const mine = history(state, 'c')[0];
  assert.equal(status(state, mine), 'sent');
  const move = (delivered_seq, read_seq) => apply(state, { type: 'marker_moved', conversation_id: 'c', user_id: 'you', delivered_seq, read_seq });
  move(1, 0);
  assert.equal(status(state, mine), 'delivered');
  move(1, 1);
  move(0, 0);
  assert.equal(status(state, mine), 'read');
});

test('only the run that ends with the last message is shown', () => {
  const state = live();
  [message(1, 2), message(2, 3), message(5, 6), message(6, 7)].forEach((event) => apply(state, event));
  assert.deepEqual(latestRun(state, 'c').map((found) => found.seq), [5, 6]);
  assert.deepEqual(runAround(state, 'c', 1).map((found) => found.seq), [1, 2]);
  assert.deepEqual(runAround(state, 'c', 3), []);
  assert.deepEqual(latestRun(state, 'unknown'), []);
});

test('the inbox has the latest activity first, whatever comes, is revised or is forgotten', () => {
  const state = createState({ id: 'me' });
  const at = (day) => `2026-01-0${day}T00:00:00.000Z`;
  for (const [id, day] of [['a', 1], ['b', 2], ['c', 3]]) addConversation(state, { ...structuredClone(view), id, created_at: at(day) });
  const said = (id, seq, day, content) => ({ ...message(seq, seq + 1).message, conversation_id: id, created_at: at(day), content });
  const ids = () => inbox(state).map(({ id }) => id).join('');
  assert.equal(ids(), 'cba');
  addMessages(state, [said('a', 7, 5, 'last'), said('a', 6, 4, 'of an earlier page'), said('b', 1, 4, 'hi')]);
  assert.equal(ids(), 'abc');
  apply(state, { type: 'message_updated', message: { ...said('a', 7, 5, 'edited'), rev: 9 } });
  assert.equal(state.latest.get('a').content, 'edited');
  apply(state, { type: 'changes', conversation: { ...view, id: 'a', created_at: at(1) }, since: 2, rev: 99, reset: true, members: [], messages: [] });
  assert.equal(ids(), 'bca');
});

test('one who was removed forgets the conversation', () => {
  const state = live();
  apply(state, { type: 'member_removed', conversation_id: 'c', member: { ...member('me', 2), active: false } });
  assert.equal(state.conversations.size, 0);
});

test('a message in a line is its text, or says what it is', () => {
  assert.equal(summary({ content: 'hi', message_type: 'text' }), 'hi');
  assert.equal(summary({ content: '', message_type: 'image' }), 'Picture');
  assert.equal(summary({ content: '', message_type: 'deleted' }), 'Deleted message');
});

const revised = (seq, rev, content) => ({ ...message(seq, rev), type: 'message_updated', message: { ...message(seq, rev).message, content } });

test('a revised message takes the place of the one that is shown, and of no other', () => {
  const state = live();
  apply(state, message(1, 2));
  apply(state, message(2, 3));
  assert.ok(apply(state, revised(1, 4, 'edited')));
  assert.deepEqual(history(state, 'c').map((found) => found.content), ['edited', '2']);
  assert.equal(unread(state, 'c'), 2);
  addMessages(state, [message(1, 2).message]);
  assert.equal(history(state, 'c')[0].content, 'edited', 'a page that was asked for before is older');
  state.messages.get('c').delete(1);
  apply(state, revised(1, 5, 'again'));
  assert.deepEqual(history(state, 'c').map((found) => found.seq), [2], 'it comes with its page');
});

test('a resume brings revised messages that are shown, and new ones', () => {
  const state = live();
  apply(state, message(1, 2));
  apply(state, message(2, 3));
  state.messages.get('c').delete(1);
  apply(state, { type: 'ready', epoch: 'e' });
  const messages = [revised(1, 4, 'old').message, revised(2, 5, 'edited').message, message(3, 6).message];
  apply(state, { type: 'changes', conversation: { ...view, last_seq: 3, rev: 6 }, since: 3, rev: 6, reset: false, members: [], messages });
  assert.deepEqual(history(state, 'c').map((found) => found.content), ['edited', '3']);
});

test('one deletes what one sent, and in a group what anybody did if one presides', () => {
  const state = live();
  assert.ok(mayDelete(state, message(1, 2, 'me').message));
  assert.ok(!mayDelete(state, message(1, 2).message));
  state.conversations.get('c').type = 'group';
  state.members.get('c').get('me').role = 'admin';
  assert.ok(mayDelete(state, message(1, 2).message));
});

test('whom one blocks is known from what other devices decide too', () => {
  const state = live();
  assert.ok(apply(state, { type: 'presence_changed', user_id: 'you', online: true }));
  assert.ok(apply(state, { type: 'block_changed', user_id: 'you', blocked: true }));
  assert.ok(apply(state, { type: 'presence_changed', user_id: 'you', online: false }));
  assert.ok(state.blocked.has('you'));
  assert.equal(state.users.get('you').online, false);
  apply(state, { type: 'block_changed', user_id: 'you', blocked: false });
  assert.ok(!state.blocked.has('you'));
});
