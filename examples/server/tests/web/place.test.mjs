/** What is shown of a history is what was asked for last, in whatever order it is loaded. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { account, bubble, signUp, startBrowser, startServer, talk } from './harness.mjs';

/** A view that would hold more than all that is said here. */
const TALL = { width: 1180, height: 12_000 };

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A writer who said so much that one page does not hold it, and the page of a reader, on which 30 and 90 can be found. */
async function talkedLong(names) {
  const [writer, reader] = [await account(server, names[0]), await signUp(browser, server, names[1])];
  const id = await talk(writer, reader, 140, (n) => ({ 30: 'the harbour', 90: 'the lighthouse' })[n] ?? `filler ${n}.`);
  await reader.page.reload();
  await reader.page.locator('.side .row', { hasText: names[0] }).waitFor();
  writer.say = async (content) => {
    await writer.rest.post(`conversations/${id}/messages`, { content });
    await reader.page.locator('.side .row', { hasText: content }).waitFor();
  };
  return [writer, reader];
}

/** Keeps the first request for a page of history that fits until it is let go. */
async function held(user, fits) {
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  const asked = new Promise((resolve) => {
    user.page.route((url) => url.pathname.endsWith('/messages') && fits(url.searchParams), async (route) => {
      resolve();
      await gate;
      await route.continue();
    }, { times: 1 });
  });
  const answered = user.page.waitForResponse((response) => fits(new URL(response.url()).searchParams) && response.url().includes('/messages?'));
  return {
    asked,
    async release() {
      go();
      await (await answered).finished();
    },
  };
}

/** Chooses what a search for `words` finds. */
async function find(user, words) {
  await user.page.getByLabel('Find people and messages').fill(words);
  await user.page.locator('.side .row', { hasText: words }).click();
}

async function isShown(user, words) {
  await bubble(user, words).and(user.page.locator('.flash')).waitFor();
  await user.page.waitForFunction(() => {
    const [found, view] = [document.querySelector('.flash'), document.querySelector('.scroll')].map((node) => node?.getBoundingClientRect());
    return found && found.top >= view.top && found.bottom <= view.bottom;
  });
}

async function end(user) {
  assert.deepEqual(user.errors, []);
  await user.context.close();
}

test('what was found is shown before the end of the history is loaded, and stays when it is', async () => {
  const [ada, bob] = await talkedLong(['ada', 'bob']);
  const latest = await held(bob, (query) => !query.has('around') && !query.has('search'));
  await bob.page.locator('.side .row', { hasText: 'ada' }).click();
  await latest.asked;

  await find(bob, 'the harbour');
  await isShown(bob, 'the harbour');
  await latest.release();
  await ada.say('something new');

  await isShown(bob, 'the harbour');
  assert.equal(await bubble(bob, 'filler 140.').count(), 0);
  await bob.page.getByRole('button', { name: '↓' }).click();
  await bubble(bob, 'something new').waitFor();
  await bubble(bob, 'filler 100.').waitFor();
  await end(bob);
});

test('of two that were chosen the later is shown, whichever is loaded first', async () => {
  const [cyd, dan] = await talkedLong(['cyd', 'dan']);
  const earlier = await held(dan, (query) => query.get('around') === '30');
  await find(dan, 'the harbour');
  await earlier.asked;
  await find(dan, 'the lighthouse');
  await isShown(dan, 'the lighthouse');

  await earlier.release();
  await cyd.say('something new');

  await isShown(dan, 'the lighthouse');
  await end(dan);
});

test('from what was found one reads on to the end', async () => {
  const [, jan] = await talkedLong(['ivy', 'jan']);
  await find(jan, 'the harbour');
  await isShown(jan, 'the harbour');

  for (let last = (await seqs(jan)).at(-1); last < 140; last = (await seqs(jan)).at(-1)) {
    await jan.page.locator('.scroll').evaluate((node) => node.scrollTo(0, node.scrollHeight));
    await jan.page.waitForFunction((seq) => Number([...document.querySelectorAll('.message')].at(-1).dataset.seq) > seq, last);
  }

  const [first, ...rest] = await seqs(jan);
  assert.deepEqual(rest, Array.from({ length: 140 - first }, (_, at) => first + 1 + at));
  await jan.page.locator('.scroll').evaluate((node) => node.scrollTo(0, node.scrollHeight));
  await jan.page.locator('.pill').waitFor({ state: 'hidden' });
  await end(jan);
});

/** The numbers of the messages that are shown. */
function seqs(user) {
  return user.page.locator('.scroll .message').evaluateAll((nodes) => nodes.map((node) => Number(node.dataset.seq)));
}

/** All that was said is shown, in order. */
async function isAllShown(user) {
  await user.page.waitForFunction(() => document.querySelectorAll('.scroll .message').length === 140);
  assert.deepEqual(await seqs(user), Array.from({ length: 140 }, (_, at) => at + 1));
}

test('a view that is taller than its history shows all of it, without being scrolled', async () => {
  const [, kim] = await talkedLong(['lou', 'kim']);
  await kim.page.setViewportSize(TALL);
  await kim.page.locator('.side .row', { hasText: 'lou' }).click();

  await isAllShown(kim);
  await end(kim);
});

test('around what was found too, a tall view is filled in both directions', async () => {
  const [, meg] = await talkedLong(['ned', 'meg']);
  await meg.page.setViewportSize(TALL);
  await find(meg, 'the harbour');

  await isAllShown(meg);
  await meg.page.locator('.pill').waitFor({ state: 'hidden' });
  await end(meg);
});

test('a history that could not be loaded is loaded later', async () => {
  const [, fay] = await talkedLong(['eve', 'fay']);
  await fay.page.route((url) => url.pathname.endsWith('/messages'), (route) => route.abort(), { times: 1 });
  await fay.page.locator('.side .row', { hasText: 'eve' }).click();

  await bubble(fay, 'filler 100.').waitFor();
  await end(fay);
});

test('what is shown is shown again from another past of the server', async () => {
  const [gus, hal] = await talkedLong(['gus', 'hal']);
  await find(hal, 'the harbour');
  await isShown(hal, 'the harbour');

  await server.kill();
  server.renewEpoch();
  await server.start();
  await hal.page.locator('.status').waitFor({ state: 'hidden' });
  await gus.say('something new');

  await isShown(hal, 'the harbour');
  await end(hal);
});

test('a page of history that could not be loaded is asked for again, by itself', async () => {
  const [, reader] = await talkedLong(['uma', 'vic']);
  await reader.page.locator('.side .row', { hasText: 'uma' }).click();
  await bubble(reader, 'filler 140.').waitFor();
  await bubble(reader, 'filler 95.').waitFor();
  let failed = 0;
  await reader.page.route((url) => url.searchParams.has('before'), (route) => {
    failed += 1;
    return route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"storage_unavailable"}' });
  }, { times: 1 });
  // At the top there is nothing to scroll to.
  await reader.page.locator('.scroll').evaluate((node) => node.scrollTo(0, 0));
  await bubble(reader, 'filler 60.').waitFor();
  assert.equal(failed, 1);
  await reader.context.close();
});

test('a page of history that keeps failing is asked for once at a time, however often one scrolls', async () => {
  const [, reader] = await talkedLong(['wyn', 'xia']);
  await reader.page.locator('.side .row', { hasText: 'wyn' }).click();
  await bubble(reader, 'filler 140.').waitFor();
  await bubble(reader, 'filler 95.').waitFor();
  const older = (url) => url.searchParams.has('before');
  await reader.page.route(older, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"storage_unavailable"}' }));
  const failed = () => reader.page.waitForResponse((response) => older(new URL(response.url())));
  const scroll = reader.page.locator('.scroll');
  for (let top = 0; top < 5; top += 1) {
    const answer = failed();
    await scroll.evaluate((node, to) => node.scrollTo(0, to), top);
    await (await answer).finished();
  }

  await failed();
  const since = performance.now();
  await failed();
  const between = performance.now() - since;

  assert.ok(between > 1_000, `asked again after ${between} ms`);
  await reader.context.close();
});
