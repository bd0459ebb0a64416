export { ChatError } from "./error.js";
export { Outbox } from "./outbox.js";
export { Rest } from "./rest.js";
export { memoryStorage } from "./storage.js";
export { login, register } from "./accounts.js";
export { Chat, connect } from "./chat.js";
export { CLOSE_CODES, RETRYABLE } from "./codes.js";
export { cookies, sessions, tokens } from "./credentials.js";
export { subscribePush, unsubscribePush } from "./push.js";
