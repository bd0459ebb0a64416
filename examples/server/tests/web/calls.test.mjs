import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDirect, picture, signUp, startBrowser, startServer } from './harness.mjs';

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

const panel = (user) => user.page.locator('.call');
const ring = (user) => user.page.getByRole('alertdialog');
const controls = (user, name) => panel(user).getByRole('button', { name, exact: true });

/** Two users, the first with the conversation open. */
async function pair(names, options = {}) {
  const [one, other] = [await signUp(browser, server, names[0], options), await signUp(browser, server, names[1], options)];
  await openDirect(one, names[1]);
  return [one, other];
}

/** Another page of the same user. */
async function second(user) {
  const page = await user.context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(server.url);
  await page.getByLabel('Find people').waitFor();
  await page.locator('.status').waitFor({ state: 'hidden' });
  return { ...user, page };
}

/** Until the other's picture is there and moves. */
async function sees({ page }) {
  await page.waitForFunction(() => {
    const video = document.querySelector('.call.seen .theirs');
    return video && video.videoWidth > 0 && video.currentTime > 0;
  });
  const at = await page.evaluate(() => document.querySelector('.call .theirs').currentTime);
  await page.waitForFunction((before) => document.querySelector('.call .theirs').currentTime > before + 0.5, at);
}

/** Whether what the other side's microphone gives still arrives as sound. */
function hears({ page }, wanted) {
  return page.waitForFunction((wanted) => {
    const [track] = document.querySelector('.call .theirs').srcObject.getAudioTracks();
    globalThis.meter ??= (() => {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      const samples = new Uint8Array(analyser.fftSize);
      const heard = { loudest: [] };
      setInterval(() => {
        analyser.getByteTimeDomainData(samples);
        heard.loudest = [...heard.loudest, Math.max(...samples) - 128].slice(-30);
      }, 50);
      return heard;
    })();
    const { loudest } = globalThis.meter;
    return loudest.length === 30 && (Math.max(...loudest) > 5) === wanted;
  }, wanted);
}

async function leave(...users) {
  for (const user of users) await user.context.close();
}

test('a video call: both see and hear each other, mute, and hang up', async () => {
  const [ada, bob] = await pair(['vera', 'walt']);
  await ada.page.getByRole('button', { name: 'Video call', exact: true }).click();
  await ring(bob).waitFor();
  assert.equal(await ring(bob).getAttribute('aria-label'), 'Video call from vera');
  await bob.page.waitForFunction(() => document.title === 'vera calls');
  await panel(ada).getByText('Ringing…').waitFor();
  await picture(bob, 'call-rings');
  await picture(ada, 'call-calling');

  await ring(bob).getByRole('button', { name: 'Accept', exact: true }).click();
  await Promise.all([sees(ada), sees(bob)]);
  await ring(bob).waitFor({ state: 'detached' });
  await panel(ada).getByText(/^0:0\d$/).waitFor();
  await hears(bob, true);
  await picture(ada, 'call-video');

  await controls(ada, 'Mute').click();
  assert.equal(await controls(ada, 'Mute').getAttribute('aria-pressed'), 'true');
  await hears(bob, false);
  await controls(ada, 'Mute').click();
  await hears(bob, true);
  await controls(bob, 'Camera off').click();
  assert.equal(await controls(bob, 'Camera off').getAttribute('aria-pressed'), 'true');
  assert.equal(await bob.page.evaluate(() => document.querySelector('.call .mine').srcObject.getVideoTracks()[0].enabled), false);

  const tracks = await ada.page.evaluateHandle(() => document.querySelector('.call .mine').srcObject.getTracks());
  await controls(ada, 'Hang up').focus();
  await ada.page.keyboard.press('Enter');
  await Promise.all([ada, bob].map((user) => panel(user).getByText('The call has ended.').waitFor()));
  await Promise.all([ada, bob].map((user) => panel(user).waitFor({ state: 'detached' })));
  assert.ok(await tracks.evaluate((all) => all.length === 2 && all.every((track) => track.readyState === 'ended')));
  assert.deepEqual([...ada.errors, ...bob.errors], []);
  await leave(ada, bob);
});

test('an audio call on a small dark screen, taken without a camera', async () => {
  const [ada, bob] = await pair(['xena', 'yves'], { viewport: { width: 390, height: 780 }, colorScheme: 'dark' });
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
  await ring(bob).waitFor();
  await picture(bob, 'call-rings-small');
  await ring(bob).getByRole('button', { name: 'Accept', exact: true }).click();
  await panel(bob).getByText(/^0:0\d$/).waitFor();
  await hears(ada, true);
  assert.equal(await controls(ada, 'Camera off').count(), 0);
  await picture(bob, 'call-audio-small');
  await bob.page.close();
  await panel(ada).getByText('The call has ended.').waitFor();
  await leave(ada, bob);
});

test('a declined call ends, and another device stops ringing', async () => {
  const [ada, bob] = await pair(['zora', 'abel']);
  const phone = await second(bob);
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
  await Promise.all([ring(bob).waitFor(), ring(phone).waitFor()]);
  await ring(bob).getByRole('button', { name: 'Decline', exact: true }).click();
  await panel(ada).getByText('The call was declined.').waitFor();
  for (const device of [bob, phone]) await ring(device).waitFor({ state: 'detached' });
  await phone.page.waitForFunction(() => document.title === 'Chat');
  assert.deepEqual([...ada.errors, ...bob.errors], []);
  await leave(ada, bob);
});

test('the device that takes a call has it, and the other stops ringing', async () => {
  const [ada, bob] = await pair(['cleo', 'dirk']);
  const phone = await second(bob);
  await ada.page.getByRole('button', { name: 'Video call', exact: true }).click();
  await Promise.all([ring(bob).waitFor(), ring(phone).waitFor()]);
  await ring(phone).getByRole('button', { name: 'Accept without camera', exact: true }).click();
  await Promise.all([ring(bob).waitFor({ state: 'detached' }), sees(phone)]);
  await panel(ada).getByText(/^0:0\d$/).waitFor();
  assert.equal(await panel(bob).count(), 0);
  assert.equal(await controls(phone, 'Camera off').count(), 0);
  assert.equal(await panel(ada).evaluate((box) => box.classList.contains('seen')), false, 'no picture, so a face');
  await controls(phone, 'Hang up').click();
  await panel(ada).getByText('The call has ended.').waitFor();
  await leave(ada, bob);
});

test('a caller who gives up is told of, and who is blocked is refused', async () => {
  const [ada, bob] = await pair(['edna', 'finn']);
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
  await ring(bob).waitFor();
  await controls(ada, 'Hang up').click();
  await bob.page.getByText('edna called.').first().waitFor();
  await ring(bob).waitFor({ state: 'detached' });
  await panel(ada).waitFor({ state: 'detached' });

  const { id } = await bob.page.evaluate(() => fetch('/api/v1/users?search=edna').then((answer) => answer.json()).then(({ items }) => items[0]));
  await bob.page.evaluate((id) => fetch(`/api/v1/users/me/blocks/${encodeURIComponent(id)}`, { method: 'PUT' }), id);
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
  await panel(ada).getByText('You cannot call each other.').waitFor();
  assert.equal(await ring(bob).count(), 0);
  await leave(ada, bob);
});

test('the page may use camera and microphone, and nothing that frames it', async () => {
  const response = await fetch(server.url);
  const policy = response.headers.get('permissions-policy');
  assert.match(policy, /camera=\(self\), microphone=\(self\)/);
});
