/** Two users, a message, and how one sees that the other has read it. Needs a server: `cargo run -p chat-server`. */
import { connect, register } from './src/index.js';

const url = process.argv[2] ?? 'http://127.0.0.1:8080';
const account = (username) => register(url, { username, email: `${username}@example.com`, password: 'correct horse battery' });
const [ada, bob] = [await account(`ada-${Date.now()}`), await account(`bob-${Date.now()}`)];

const hers = connect({ url, session: ada });
const his = connect({ url, session: bob });

his.on('message_created', async ({ message }) => {
  console.log(`bob reads: ${message.content}`);
  his.read(message.conversation_id, message.seq);
});
hers.on('marker_moved', ({ user_id, read_seq }) => {
  if (user_id !== bob.user.id || read_seq === 0) return;
  console.log('ada sees that he read it');
  hers.close();
  his.close();
});

const { id } = await hers.rest.openDirect(bob.user.id);
const { seq } = await hers.send(id, 'Hello, Bob!');
console.log(`stored as message ${seq}`);
