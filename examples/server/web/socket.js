/** The WebSocket: it comes back by itself, resumes, and stays authenticated. */
import { api, refresh } from './api.js';

const PING = 20_000;
const ANSWER = 10_000;
const FRESH = 8 * 60_000;
/** Close codes after which reconnecting would not help. */
const FINAL = new Set([1002, 1003, 1007, 1008, 1009, 4009]);

/**
 * @param {{ resume: () => object, frame: (frame: object) => void, state: (state: 'live'|'connecting'|'ended') => void, loggedOut: () => void }} owner
 */
export function connect(owner) {
  let socket = null;
  let attempts = 0;
  let hint = 0;
  let timer = 0;
  let stopped = false;
  let pings = 0;
  let heard = 0;
  let renewals = 0;

  async function open() {
    owner.state('connecting');
    try {
      if (attempts > 0) await api.get('users/me');
    } catch (error) {
      if (error.status === 401) return stopped || owner.loggedOut();
      return later();
    }
    if (stopped) return;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    socket = new WebSocket(`${scheme}://${location.host}/api/v1/ws`);
    socket.onmessage = (message) => take(JSON.parse(message.data));
    socket.onclose = (event) => closed(event.code);
  }

  function take(frame) {
    heard = Date.now();
    if (frame.type === 'ready') {
      keepUp();
      send({ type: 'resume', id: 'resume', ...owner.resume() });
    } else if (frame.type === 'resumed') {
      attempts = 0;
      owner.frame(frame);
      return owner.state('live');
    } else if (frame.type === 'error' && frame.id === 'resume') {
      // Without it nothing would be live: another connection asks again.
      hint = frame.retry_after_ms ?? 0;
      return socket.close();
    } else if (frame.type === 'closing') hint = frame.reconnect_after_ms;
    owner.frame(frame);
  }

  /** A silent connection is a dead one; an old credential is renewed in time. */
  function keepUp() {
    clearInterval(pings);
    clearInterval(renewals);
    pings = setInterval(() => {
      if (Date.now() - heard > PING + ANSWER) return socket.close();
      send({ type: 'ping' });
    }, PING);
    renewals = setInterval(async () => {
      try {
        await refresh();
        const { ticket } = await api.post('auth/ticket');
        send({ type: 'authenticate', ticket });
      } catch { /* The server closes the connection when the credential ends; then it is made anew. */ }
    }, FRESH);
  }

  function closed(code) {
    clearInterval(pings);
    clearInterval(renewals);
    socket = null;
    if (stopped) return;
    if (code === 4401) return owner.loggedOut();
    if (FINAL.has(code)) return owner.state('ended');
    later();
  }

  function later() {
    owner.state('connecting');
    const wait = Math.min(10_000, 250 * 2 ** attempts);
    attempts += 1;
    clearTimeout(timer);
    timer = setTimeout(open, hint + wait * (0.5 + Math.random() / 2));
    hint = 0;
  }

  function send(frame) {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  function now() {
    if (!socket && !stopped) {
      clearTimeout(timer);
      attempts = Math.max(attempts, 1);
      open();
    }
  }

  addEventListener('online', now);
  open();
  return {
    send,
    stop() {
      stopped = true;
      clearTimeout(timer);
      removeEventListener('online', now);
      socket?.close();
    },
  };
}
