import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { startServer } from './server.mjs';

test('the example does what it says', async () => {
  const server = await startServer();
  const example = fileURLToPath(new URL('../example.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv.filter((flag) => flag.includes('websocket')), example, server.url], { timeout: 30_000 });
  await server.stop();
  assert.deepEqual(stdout.trim().split('\n').toSorted(), ['ada sees that he read it', 'bob reads: Hello, Bob!', 'stored as message 1']);
});
