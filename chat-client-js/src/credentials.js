/** How requests and the socket show who asks. */
import { ChatError } from './error.js';

/** @import { SessionView } from '../types/wire.js' */
/** @import { Rest } from './rest.js' */

/**
 * What a socket shows: nothing where the browser sends cookies.
 * @typedef {{ ticket?: string, token?: string }} Proof
 */

/**
 * @typedef {{
 *   headers: () => Promise<Record<string, string>>,
 *   renew: (rest: Rest, why?: ChatError) => Promise<void>,
 *   proof: (rest: Rest) => Promise<Proof>,
 *   fresh: (rest: Rest) => Promise<Proof>,
 *   due: () => number | undefined,
 * }} Credentials
 *   `renew` gets a fresh credential, or throws `why` where nothing but a new login helps; `proof` is what a new socket
 *   shows, and throws a `ChatError` of status 401 where the credential is not valid any more; `fresh` is what an open
 *   socket shows before the old one ends; `due` is in how many milliseconds that should be, once it is known
 */

/** What of its life has passed when a credential is renewed. */
const RENEW_AT = 0.75;

/** When a session that comes now is to be renewed. @param {SessionView} session */
function dueAt(session) {
  return Date.now() + session.expires_in * 1_000 * RENEW_AT;
}

/**
 * Exchanges a refresh token: half an answer does not take the place of what one has.
 * @param {Rest} rest
 * @param {{ refresh_token?: string | null }} [body] none where the browser's cookies have it
 * @returns {Promise<SessionView>}
 */
async function refresh(rest, body) {
  const next = await rest.ask('POST', 'auth/refresh', body);
  const whole = Number.isFinite(next?.expires_in) && (!body || (next.token && next.refresh_token));
  if (!whole) throw new ChatError('unreachable', 'the answer to the renewal is not a session');
  return next;
}

/**
 * Shares one exchange among all who want it while it is under way.
 * @param {(rest: Rest) => Promise<void>} work
 */
function shared(work) {
  /** @type {Promise<void> | undefined} */
  let running;
  return (/** @type {Rest} */ rest) => {
    running ??= work(rest).finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** @param {Rest} rest @returns {Promise<Proof>} */
async function ticket(rest) {
  return { ticket: (await rest.ticket()).ticket };
}

/**
 * The server's HttpOnly cookies, which the browser sends.
 * @returns {Credentials}
 */
export function cookies() {
  /** @type {number | undefined} */
  let due;
  const renew = shared(async (rest) => {
    due = dueAt(await refresh(rest));
  });
  return {
    headers: async () => ({}),
    renew,
    // A failed handshake would not tell that the cookie has expired.
    proof: async (rest) => {
      await rest.me();
      return {};
    },
    fresh: async (rest) => {
      await renew(rest);
      return ticket(rest);
    },
    due: () => due && due - Date.now(),
  };
}

/**
 * A session of the built-in accounts, whose tokens are renewed.
 * @param {SessionView} session
 * @param {(session: SessionView) => void} renewed
 * @returns {Credentials}
 */
export function sessions(session, renewed) {
  let current = session;
  let due = dueAt(session);
  const renew = shared(async (rest) => {
    current = await refresh(rest, { refresh_token: current.refresh_token });
    due = dueAt(current);
    renewed(current);
  });
  return {
    headers: async () => bearer(current.token),
    renew,
    proof: ticket,
    fresh: async (rest) => {
      await renew(rest);
      return ticket(rest);
    },
    due: () => due - Date.now(),
  };
}

/**
 * How a socket shows a token: by a ticket of `POST /auth/ticket`, which servers with the built-in accounts give, or in
 * its address, which the server must allow.
 * @typedef {'ticket' | 'query'} TokenBy
 */

/** A ticket, unless this server has none to give. @param {Rest} rest @returns {Promise<Proof | undefined>} */
async function ticketIfAny(rest) {
  return ticket(rest).catch((error) => {
    if (error instanceof ChatError && error.status === 404) return undefined;
    throw error;
  });
}

/**
 * Whether the server takes a token in a socket's address, which a failed handshake would not tell.
 * @param {Rest} rest
 * @param {string} token
 */
async function takesInAddress(rest, token) {
  await rest.me();
  const refused = await rest.ask('GET', `ws?token=${encodeURIComponent(token)}`).catch((error) => error);
  if (refused.status !== 401) return;
  throw new ChatError('forbidden', 'the server takes no token in a socket\'s address: allow it (`query_token`), or let cookies tell who connects', { status: 403 });
}

/**
 * Tokens of the host's own login: asked for whenever one is needed, and again after the server refused one.
 * @param {string | (() => string | Promise<string>)} token
 * @param {TokenBy} [way] without it a ticket where the server gives them, else in the address
 * @returns {Credentials}
 */
export function tokens(token, way) {
  let taken = false;
  const ask = async () => (typeof token === 'function' ? token() : token);
  /** The one that was shown last. @type {string | undefined} */
  let shown;
  return {
    headers: async () => bearer((shown = await ask())),
    renew: async (_rest, why) => {
      if (why && shown === (await ask())) throw why;
    },
    proof: async (rest) => {
      if (way === 'ticket') return ticket(rest);
      const shows = way ? undefined : await ticketIfAny(rest);
      if (shows) return shows;
      way = 'query';
      if (taken) await rest.me();
      else await takesInAddress(rest, await ask());
      taken = true;
      return { token: await ask() };
    },
    fresh: async () => ({ token: await ask() }),
    due: () => undefined,
  };
}

/** @param {string | null | undefined} token @returns {Record<string, string>} */
function bearer(token) {
  return token ? { Authorization: `Bearer ${token}` } : {};
}
