/** Notifications of messages that come while the page is closed. */
import { subscribePush, unsubscribePush } from '/client/index.js';
import { api } from './api.js';

const able = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

const registered = () => navigator.serviceWorker.getRegistration('/');

/** Whether this browser is able to and the server does it; and whether it is on. */
export async function notifications() {
  const offered = able && await api.pushKey().then(() => true, () => false);
  if (!offered) return { offered: false, on: false };
  const subscription = await (await registered())?.pushManager.getSubscription();
  return { offered, on: Boolean(subscription) && Notification.permission === 'granted' };
}

/** Asks the user, if need be, and begins. */
export async function turnOn() {
  if (await Notification.requestPermission() !== 'granted') throw new Error('This browser does not allow notifications of this page.');
  await navigator.serviceWorker.register('/sw.js');
  await subscribePush(api, await navigator.serviceWorker.ready);
}

export async function turnOff() {
  const registration = able && await registered();
  if (registration) await unsubscribePush(api, registration);
}

/** Goes on with what was on, for whoever is here now; and has clicked notifications opened. */
export async function resume(open) {
  if (!able) return;
  navigator.serviceWorker.addEventListener('message', ({ data }) => data?.conversation_id && open(data.conversation_id));
  if ((await notifications()).on) await subscribePush(api, await navigator.serviceWorker.ready);
}
