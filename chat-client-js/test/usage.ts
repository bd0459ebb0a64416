// What a TypeScript user writes: checked, never run.
import { ChatError, connect, login, memoryStorage } from 'chat-client';
import { Calls } from 'chat-client/calls';
import { apply, createState, history, loadInbox } from 'chat-client/store';
import type { MessageView, Seq } from 'chat-client/wire';

const session = await login('http://127.0.0.1:8080', { username: 'ada', password: 'correct horse' });
const state = createState(session.user);
const chat = connect({
  url: 'http://127.0.0.1:8080',
  session,
  storage: memoryStorage(),
  positions: (rest) => loadInbox(state, rest),
});

chat.on('message_created', ({ message }) => {
  const seq: Seq = message.seq;
  chat.read(message.conversation_id, seq);
});
chat.on('frame', (frame) => {
  if (!apply(state, frame)) return;
  const messages: MessageView[] = history(state, frame.conversation_id);
  console.log(messages.length);
});
const off = chat.on('state', ({ state, code }) => {
  if (state === 'ended') console.log(code ?? 0);
});

const calls = new Calls(chat);
calls.on('incoming', async (call) => {
  call.on('remote', (stream) => console.log(stream.getTracks().length));
  await call.accept(await navigator.mediaDevices.getUserMedia({ audio: true, video: call.video }));
});

try {
  const acked = await chat.send('0193a1c0-0000-7000-8000-000000000000', { content: 'hello', reply_to_id: null });
  const again: boolean = acked.duplicate;
  console.log(again);
} catch (error) {
  if (error instanceof ChatError && error.retryable) console.log(error.code, error.retryAfter);
}

// @ts-expect-error there is no such event
chat.on('nonsense', () => {});
// @ts-expect-error a conversation is named by text
await chat.send(7, 'hello');

off();
chat.close();
