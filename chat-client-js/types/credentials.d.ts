/**
 * The server's HttpOnly cookies, which the browser sends.
 * @returns {Credentials}
 */
export function cookies(): Credentials;
/**
 * A session of the built-in accounts, whose tokens are renewed.
 * @param {SessionView} session
 * @param {(session: SessionView) => void} renewed
 * @returns {Credentials}
 */
export function sessions(session: SessionView, renewed: (session: SessionView) => void): Credentials;
/**
 * Tokens of the host's own login: asked for whenever one is needed, and again after the server refused one.
 * @param {string | (() => string | Promise<string>)} token
 * @param {TokenBy} [way] without it a ticket where the server gives them, else in the address
 * @returns {Credentials}
 */
export function tokens(token: string | (() => string | Promise<string>), way?: TokenBy): Credentials;
/**
 * How a socket shows a token: by a ticket of `POST /auth/ticket`, which servers with the built-in accounts give, or in
 * its address, which the server must allow.
 */
export type TokenBy = "ticket" | "query";
/**
 * What a socket shows: nothing where the browser sends cookies.
 */
export type Proof = {
    ticket?: string;
    token?: string;
};
/**
 * `renew` gets a fresh credential, or throws `why` where nothing but a new login helps; `proof` is what a new socket
 * shows, and throws a `ChatError` of status 401 where the credential is not valid any more; `fresh` is what an open
 * socket shows before the old one ends; `due` is in how many milliseconds that should be, once it is known
 */
export type Credentials = {
    headers: () => Promise<Record<string, string>>;
    renew: (rest: Rest, why?: ChatError) => Promise<void>;
    proof: (rest: Rest) => Promise<Proof>;
    fresh: (rest: Rest) => Promise<Proof>;
    due: () => number | undefined;
};
import type { SessionView } from '../types/wire.js';
import type { Rest } from './rest.js';
import { ChatError } from './error.js';
