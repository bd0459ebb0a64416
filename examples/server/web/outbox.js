/** Messages that are not acknowledged yet: kept over reloads, sent in order, repeated until they are. */

const RETRY = new Set(['storage_unavailable', 'busy', 'rate_limited', 'draining', 'timeout']);

/**
 * @param {Storage} storage
 * @param {string} user
 * @param {(frame: object) => boolean} send
 * @param {() => void} changed
 */
export function createOutbox(storage, user, send, changed) {
  const key = `outbox:${user}`;
  /** @type {{client_id: string, conversation_id: string, content: string, reply_to_id?: string, upload_ids?: string[], attachments?: object[], created_at: string, failed?: string}[]} */
  let waiting = JSON.parse(storage.getItem(key) ?? '[]');
  let timer = 0;

  function keep() {
    storage.setItem(key, JSON.stringify(waiting));
    changed();
  }

  function transmit(entry) {
    const { client_id, conversation_id, content, reply_to_id, upload_ids } = entry;
    send({ type: 'message', id: client_id, client_id, conversation_id, content, reply_to_id, upload_ids });
  }

  return {
    of: (conversation) => waiting.filter((entry) => entry.conversation_id === conversation),
    add(entry) {
      const whole = { ...entry, client_id: crypto.randomUUID(), created_at: new Date().toISOString() };
      waiting.push(whole);
      keep();
      transmit(whole);
    },
    /** Sends everything again, in order: after each connection. */
    repeat() {
      waiting.filter((entry) => !entry.failed).forEach(transmit);
    },
    retry(clientId) {
      const entry = waiting.find((found) => found.client_id === clientId);
      if (entry) {
        delete entry.failed;
        keep();
        transmit(entry);
      }
    },
    discard(clientId) {
      waiting = waiting.filter((entry) => entry.client_id !== clientId);
      keep();
    },
    /** Takes an answer, or the message itself; whether it was about one of these. */
    settle(frame) {
      const id = frame.type === 'message_created' ? frame.message.client_id : frame.id;
      const entry = waiting.find((found) => found.client_id === id);
      if (!entry) return false;
      if (frame.type !== 'error') waiting = waiting.filter((found) => found !== entry);
      else if (RETRY.has(frame.code)) {
        clearTimeout(timer);
        timer = setTimeout(() => this.repeat(), frame.retry_after_ms ?? 1_000);
        return true;
      } else entry.failed = frame.code;
      keep();
      return true;
    },
  };
}
