/** @import { LoginBody, RegisterBody, SessionView } from '../types/wire.js' */
/**
 * Makes an account and logs in.
 * @param {string} url where the server is
 * @param {RegisterBody} body with `cookies: true` the tokens stay in the browser's cookies
 * @returns {Promise<SessionView>}
 */
export function register(url: string, body: RegisterBody): Promise<SessionView>;
/**
 * Logs in.
 * @param {string} url where the server is
 * @param {LoginBody} body by `email` or `username`; with `cookies: true` the tokens stay in the browser's cookies
 * @returns {Promise<SessionView>}
 */
export function login(url: string, body: LoginBody): Promise<SessionView>;
import type { RegisterBody } from '../types/wire.js';
import type { SessionView } from '../types/wire.js';
import type { LoginBody } from '../types/wire.js';
