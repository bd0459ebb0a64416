/** Client of the chat server for browsers and Node: connects, resumes, sends exactly once. */
export { login, register } from './accounts.js';
export { Chat, connect } from './chat.js';
export { CLOSE_CODES, RETRYABLE } from './codes.js';
export { cookies, sessions, tokens } from './credentials.js';
export { ChatError } from './error.js';
export { Outbox } from './outbox.js';
export { subscribePush, unsubscribePush } from './push.js';
export { Rest } from './rest.js';
export { memoryStorage } from './storage.js';
