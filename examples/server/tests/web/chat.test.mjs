import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { account, bubble, openDirect, picture, say, signUp, startBrowser, startServer, talk } from './harness.mjs';

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

/** A picture of so many pixels, as PNG. */
async function png(page, width, height) {
  const data = await page.evaluate(([width, height]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const paint = canvas.getContext('2d');
    const colours = paint.createLinearGradient(0, 0, width, height);
    colours.addColorStop(0, '#2f6f5e');
    colours.addColorStop(1, '#f3c969');
    paint.fillStyle = colours;
    paint.fillRect(0, 0, width, height);
    return canvas.toDataURL('image/png').split(',')[1];
  }, [width, height]);
  return { name: 'picture.png', mimeType: 'image/png', buffer: Buffer.from(data, 'base64') };
}

/** Half a second of silence, as WAV. */
function sound() {
  const [rate, count] = [8_000, 4_000];
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + count, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(count, 40);
  return { name: 'silence.wav', mimeType: 'audio/wav', buffer: Buffer.concat([head, Buffer.alloc(count, 128)]) };
}

test('two people find each other and talk, live, with typing, marks, replies and pictures', async () => {
  const ada = await signUp(browser, server, 'ada');
  const bob = await signUp(browser, server, 'bob');
  await openDirect(ada, 'bob');
  await say(ada, 'Hello, Bob!');
  await bubble(ada, 'Hello, Bob!').locator('.ticks.delivered').waitFor();

  assert.equal(await bob.page.title(), '(1) Chat');
  const row = bob.page.locator('.side .row', { hasText: 'ada' });
  assert.equal(await row.locator('.badge').textContent(), '1');
  await row.click();
  await bubble(ada, 'Hello, Bob!').locator('.ticks.read').waitFor();
  await bob.page.waitForFunction(() => document.title === 'Chat');

  await bob.page.getByLabel('Message', { exact: true }).pressSequentially('Hi');
  await ada.page.locator('.typing', { hasText: 'bob is typing' }).waitFor();
  await ada.page.locator('.talk .bar', { hasText: 'online' }).waitFor();
  await bob.page.keyboard.press('Enter');
  await bubble(ada, 'Hi').waitFor();

  await bubble(ada, 'Hi').hover();
  await bubble(ada, 'Hi').getByRole('button', { name: 'Reply' }).click();
  await say(ada, 'A reply to that');
  assert.equal(await bubble(bob, 'A reply to that').locator('.quote').textContent(), 'bob: Hi');

  await ada.page.locator('input[type=file]').setInputFiles(await png(ada.page, 900, 600));
  await ada.page.locator('.preview:not(.busy)').waitFor();
  await say(ada, 'Look at this');
  const shown = bubble(bob, 'Look at this').locator('.picture img');
  await shown.waitFor();
  await bob.page.waitForFunction((image) => image.complete && image.naturalWidth === 480, await shown.elementHandle());
  await ada.page.locator('input[type=file]').setInputFiles([sound(), { name: 'Ré port.txt', mimeType: 'text/html', buffer: Buffer.from('plain words') }]);
  await ada.page.locator('.preview:not(.busy)').nth(1).waitFor();
  await say(ada, 'Listen, and read');
  const heard = bubble(bob, 'Listen, and read').locator('audio');
  await bob.page.waitForFunction((audio) => audio.duration > 0.4 && audio.duration < 0.6, await heard.elementHandle());
  const saving = bob.page.waitForEvent('download');
  await bubble(bob, 'Listen, and read').locator('a.file', { hasText: 'Ré port.txt' }).click();
  assert.equal((await saving).suggestedFilename(), 'Ré port.txt');
  await picture(ada, 'talk-light');
  await picture(bob, 'talk-bob');

  await ada.page.reload();
  await ada.page.locator('.side .row', { hasText: 'bob' }).click();
  await bubble(ada, 'A reply to that').waitFor();
  assert.equal(await bubble(ada, 'Hello, Bob!').count(), 1);
  assert.deepEqual([...ada.errors, ...bob.errors], []);
  await ada.context.close();
  await bob.context.close();
});

test('a message is edited, reacted to and deleted, for both', async () => {
  const [ron, sue] = [await signUp(browser, server, 'ron'), await signUp(browser, server, 'sue')];
  await openDirect(ron, 'sue');
  await say(ron, 'Helo there');
  await sue.page.locator('.side .row', { hasText: 'ron' }).click();

  await bubble(ron, 'Helo there').hover();
  await bubble(ron, 'Helo there').getByRole('button', { name: 'Edit' }).click();
  await say(ron, 'Hello there');
  await bubble(sue, 'Hello there').locator('.meta', { hasText: 'edited' }).waitFor();
  assert.equal(await bubble(sue, 'Helo there').count(), 0);

  await bubble(sue, 'Hello there').hover();
  assert.equal(await bubble(sue, 'Hello there').getByRole('button', { name: 'Delete' }).count(), 0);
  await bubble(sue, 'Hello there').getByRole('button', { name: 'React 👍' }).click();
  await bubble(ron, 'Hello there').locator('.reaction', { hasText: '👍 1' }).waitFor();
  await picture(ron, 'reaction');
  await bubble(ron, 'Hello there').locator('.reaction').click();
  await bubble(sue, 'Hello there').locator('.reaction', { hasText: '👍 2' }).waitFor();

  ron.page.on('dialog', (dialog) => dialog.accept());
  await bubble(ron, 'Hello there').hover();
  await bubble(ron, 'Hello there').getByRole('button', { name: 'Delete' }).click();
  await sue.page.locator('.message .gone', { hasText: 'Deleted message' }).waitFor();
  assert.equal(await sue.page.locator('.scroll').getByText('Hello there').count(), 0);
  assert.deepEqual([...ron.errors, ...sue.errors], []);
  await ron.context.close();
  await sue.context.close();
});

test('a group of three talks, is renamed, grows and shrinks', async () => {
  const [cyd, dan, eve] = [await signUp(browser, server, 'cyd'), await signUp(browser, server, 'dan'), await signUp(browser, server, 'eve')];
  await cyd.page.getByRole('button', { name: 'New group' }).click();
  await cyd.page.getByLabel('Name').fill('Weekend');
  await cyd.page.locator('dialog label.row', { hasText: 'dan' }).locator('input').check();
  await cyd.page.getByRole('button', { name: 'Create' }).click();
  await say(cyd, 'Where shall we go?');
  await dan.page.locator('.side .row', { hasText: 'Weekend' }).click();
  await bubble(dan, 'Where shall we go?').waitFor();

  await cyd.page.locator('.who').click();
  await cyd.page.getByLabel('Name').fill('Mountains');
  await cyd.page.getByText('Add people').click();
  await cyd.page.locator('dialog label.row', { hasText: 'eve' }).locator('input').check();
  await cyd.page.getByRole('button', { name: 'Save' }).click();
  await eve.page.locator('.side .row', { hasText: 'Mountains' }).click();
  await say(dan, 'The mountains!');
  await bubble(eve, 'The mountains!').waitFor();
  assert.equal(await bubble(eve, 'Where shall we go?').count(), 0, 'who comes later sees nothing of before');

  await cyd.page.locator('.who').click();
  await cyd.page.locator('dialog .row', { hasText: 'eve' }).getByRole('button', { name: 'Remove' }).click();
  await eve.page.locator('.side .row', { hasText: 'Mountains' }).waitFor({ state: 'detached' });
  await say(cyd, 'Eve is gone');
  await bubble(dan, 'Eve is gone').waitFor();
  assert.equal(await eve.page.getByText('Eve is gone').count(), 0);
  await picture(dan, 'group');
  assert.deepEqual([...cyd.errors, ...dan.errors, ...eve.errors], []);
  for (const user of [cyd, dan, eve]) await user.context.close();
});

test('nothing is lost while the server is down, and what was typed arrives once', async () => {
  const [fay, gus] = [await signUp(browser, server, 'fay'), await signUp(browser, server, 'gus')];
  await openDirect(fay, 'gus');
  await say(fay, 'before');
  await gus.page.locator('.side .row', { hasText: 'fay' }).click();
  await bubble(gus, 'before').waitFor();

  await server.kill();
  await fay.page.locator('.status', { hasText: 'Reconnecting' }).waitFor();
  await say(fay, 'typed meanwhile');
  await fay.page.locator('.message.pending', { hasText: 'typed meanwhile' }).waitFor();
  await picture(fay, 'reconnecting');
  await server.start();

  await bubble(gus, 'typed meanwhile').waitFor({ timeout: 30_000 });
  await fay.page.locator('.status').waitFor({ state: 'hidden' });
  await say(gus, 'all here');
  await bubble(fay, 'all here').waitFor();
  for (const user of [fay, gus]) {
    assert.equal(await bubble(user, 'typed meanwhile').count(), 1);
    assert.equal(await bubble(user, 'before').count(), 1);
    assert.deepEqual(user.errors, []);
    await user.context.close();
  }
});

test('a long history is scrolled page by page and keeps its place', async () => {
  const [hal, ivy] = [await account(server, 'hal'), await signUp(browser, server, 'ivy')];
  const id = await talk(hal, ivy, 160, (n) => `message number ${n}.`);
  await ivy.page.reload();
  await ivy.page.locator('.side .row', { hasText: 'hal' }).click();
  await bubble(ivy, 'message number 160.').waitFor();
  assert.equal(await bubble(ivy, 'message number 5.').count(), 0);
  const scroll = ivy.page.locator('.scroll');
  while (await bubble(ivy, 'message number 1.').count() === 0) {
    const first = await ivy.page.locator('.message').first().getAttribute('data-seq');
    await scroll.evaluate((node) => node.scrollTo(0, 0));
    await ivy.page.waitForFunction((seq) => document.querySelector('.message').dataset.seq !== seq, first);
  }
  const seqs = await ivy.page.locator('.message').evaluateAll((nodes) => nodes.map((node) => Number(node.dataset.seq)));
  assert.deepEqual(seqs, Array.from({ length: 160 }, (_, at) => at + 1));
  await hal.rest.post(`conversations/${id}/messages`, { content: 'one more' });
  await ivy.page.getByRole('button', { name: 'new ↓' }).click();
  await bubble(ivy, 'one more').waitFor();
  assert.deepEqual(ivy.errors, []);
  await ivy.context.close();
});

test('a block stops both sides, is known on both pages of its maker, and ends', async () => {
  const [tom, ned] = [await signUp(browser, server, 'tom'), await signUp(browser, server, 'ned')];
  await openDirect(tom, 'ned');
  await say(tom, 'hello');
  await ned.page.locator('.side .row', { hasText: 'tom' }).click();
  await ned.page.locator('.talk .bar', { hasText: 'online' }).waitFor();
  const second = await tom.context.newPage();
  await second.goto(server.url);
  await second.locator('.side .row', { hasText: 'ned' }).click();

  await tom.page.locator('.who').click();
  await tom.page.getByRole('button', { name: 'Block', exact: true }).click();
  await ned.page.locator('.talk .bar', { hasText: 'offline' }).waitFor();
  await second.locator('.who').click();
  await second.getByRole('button', { name: 'Unblock' }).waitFor();
  await second.getByRole('button', { name: 'Close' }).click();
  await say(ned, 'are you there?');
  await ned.page.locator('.message.failed', { hasText: 'not sent: blocked' }).waitFor();

  await second.getByRole('button', { name: 'Settings' }).click();
  await picture({ page: second }, 'blocked');
  await second.getByRole('button', { name: 'Unblock' }).click();
  await second.getByText('Unblocked.').waitFor();
  await ned.page.locator('.talk .bar', { hasText: 'online' }).waitFor();
  await ned.page.getByRole('button', { name: 'Retry' }).click();
  await bubble(tom, 'are you there?').waitFor();

  await second.getByLabel('Show when I am here').uncheck();
  await ned.page.locator('.talk .bar', { hasText: 'offline' }).waitFor();
  assert.deepEqual([...tom.errors, ...ned.errors], []);
  for (const user of [tom, ned]) await user.context.close();
});

test('it works by keyboard alone, on a phone, in the dark, and shows text as text', async () => {
  const kim = await signUp(browser, server, 'kim', { colorScheme: 'dark' });
  const lee = await signUp(browser, server, 'lee', { viewport: { width: 360, height: 640 }, hasTouch: true });
  await kim.page.keyboard.press('Control+k');
  await kim.page.keyboard.type('lee');
  await kim.page.locator('.side .row', { hasText: '@lee' }).waitFor();
  await kim.page.keyboard.press('Tab');
  await kim.page.keyboard.press('Enter');
  await kim.page.getByLabel('Message', { exact: true }).waitFor();
  const script = '<img src=x onerror="document.title=1"> <script>alert(1)</script> https://example.com/a?b=c';
  await kim.page.keyboard.type(script);
  await kim.page.keyboard.press('Enter');

  await lee.page.locator('.side .row', { hasText: 'kim' }).tap();
  const received = bubble(lee, '<script>alert(1)</script>');
  await received.waitFor();
  assert.equal(await received.locator('img').count(), 0);
  const link = received.locator('a');
  assert.equal(await link.getAttribute('href'), 'https://example.com/a?b=c');
  assert.match(await link.getAttribute('rel'), /noopener/);
  await picture(lee, 'phone');
  await lee.page.getByRole('button', { name: 'Back' }).tap();
  await lee.page.getByLabel('Find people').waitFor();
  const wide = await lee.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `${wide} pixels wide`);
  await picture(kim, 'talk-dark');
  assert.deepEqual([...kim.errors, ...lee.errors], []);
  await kim.context.close();
  await lee.context.close();
});

test('a message is found by its words, and shown among those around it', async () => {
  const [mia, noa] = [await account(server, 'mia'), await signUp(browser, server, 'noa')];
  await talk(mia, noa, 140, (n) => (n === 30 ? 'The café by the harbour' : `filler ${n}.`));
  await noa.page.reload();
  await noa.page.getByLabel('Find people and messages').fill('HARBOUR cafe');
  const hit = noa.page.locator('.side .row', { hasText: 'The café by the harbour' });
  await hit.waitFor();
  assert.equal(await noa.page.locator('.side .row').count(), 1);
  await picture(noa, 'search');
  await hit.click();

  await bubble(noa, 'The café by the harbour').and(noa.page.locator('.flash')).waitFor();
  await bubble(noa, 'filler 29.').waitFor();
  assert.equal(await bubble(noa, 'filler 140.').count(), 0, 'the end of the history is elsewhere');
  await noa.page.getByRole('button', { name: 'Latest ↓' }).click();
  await bubble(noa, 'filler 140.').waitFor();

  await noa.page.getByLabel('Find people and messages').fill('no such word');
  await noa.page.locator('.hint', { hasText: 'no message with these words' }).waitFor();
  assert.deepEqual(noa.errors, []);
  await noa.context.close();
});
