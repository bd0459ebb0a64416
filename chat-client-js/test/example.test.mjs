import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { startServer } from './server.mjs';

test('the README shows the example', () => {
  const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  const [, shown] = read('README.md').split('```js\n');

  const [, ...lines] = read('example.mjs').split('\n');

  const asWritten = lines.join('\n').replace('./src/index.js', 'chat-client').replace('process.argv[2] ?? ', '');
  assert.equal(shown.split('```')[0], asWritten);
});

test('the example does what it says', async () => {
  const server = await startServer();
  const example = fileURLToPath(new URL('../example.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv.filter((flag) => flag.includes('websocket')), example, server.url], { timeout: 30_000 });
  await server.stop();
  assert.deepEqual(stdout.trim().split('\n').toSorted(), ['ada sees that he read it', 'bob reads: Hello, Bob!', 'stored as message 1']);
});
