/** Logging in to the built-in accounts. */
import { cookies } from './credentials.js';
import { Rest } from './rest.js';

/** @import { LoginBody, RegisterBody, SessionView } from '../types/wire.js' */

/**
 * Makes an account and logs in.
 * @param {string} url where the server is
 * @param {RegisterBody} body with `cookies: true` the tokens stay in the browser's cookies
 * @returns {Promise<SessionView>}
 */
export function register(url, body) {
  return new Rest(url, cookies()).ask('POST', 'auth/register', body);
}

/**
 * Logs in.
 * @param {string} url where the server is
 * @param {LoginBody} body by `email` or `username`; with `cookies: true` the tokens stay in the browser's cookies
 * @returns {Promise<SessionView>}
 */
export function login(url, body) {
  return new Rest(url, cookies()).ask('POST', 'auth/login', body);
}
