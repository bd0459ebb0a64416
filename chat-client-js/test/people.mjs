/** Users of a real server, and what a test waits for. */
import { connect, memoryStorage, register } from '../src/index.js';
import { apply, createState, history, loadInbox } from '../src/store.js';

/** An account. */
export function join(server, name) {
  return register(server.url, { username: name, email: `${name}@example.com`, password: 'correct horse battery' });
}

/** Clients that a test may have left open. */
const opened = new Set();

/** Closes them, so that a test that failed does not keep the others waiting. */
export function closeAll() {
  opened.forEach((chat) => chat.close());
}

/** A client with a store, and everything it tells: `states`, `frames`. */
export function open(url, session, options = {}) {
  const state = createState(session.user);
  const chat = connect({ url, session, storage: memoryStorage(), positions: (rest) => loadInbox(state, rest), ...options });
  opened.add(chat);
  const person = { chat, state, states: [], frames: [], id: session.user.id };
  chat.on('state', (told) => person.states.push(told));
  chat.on('frame', (frame) => {
    person.frames.push(frame);
    apply(state, frame);
  });
  person.texts = (conversation) => history(state, conversation).map((message) => message.content);
  return person;
}

/** The next thing told under this name that fits; fails after a while. */
export function next(chat, name, fits = () => true, within = 20_000) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no such ${name} came`)), within);
    const off = chat.on(name, (told) => {
      if (!fits(told)) return;
      clearTimeout(late);
      off();
      resolve(told);
    });
  });
}

/** Waits until everything missed has come. */
export async function live({ chat }) {
  if (chat.state.state !== 'live') await next(chat, 'state', ({ state }) => state === 'live');
}

/** Waits for a message with this text, unless it is there. */
export async function hear({ chat, frames }, text) {
  const has = (frame) => [frame.message, ...(frame.messages ?? [])].some((message) => message?.content === text);
  if (!frames.some(has)) await next(chat, 'frame', has);
}

/** Two who are connected, and their direct conversation. */
export async function two(server, names, urls = {}) {
  const sessions = [await join(server, names[0]), await join(server, names[1])];
  const [ada, bob] = sessions.map((session, at) => open(urls[at] ?? server.url, session));
  const { id } = await ada.chat.rest.openDirect(bob.id);
  await Promise.all([live(ada), live(bob)]);
  return { ada, bob, id, sessions };
}
