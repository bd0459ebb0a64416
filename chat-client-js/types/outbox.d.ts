export class Outbox {
    /**
     * @param {KeyStorage} storage
     * @param {{ send: (frame: object) => boolean, changed: () => void }} owner
     */
    constructor(storage: KeyStorage, owner: {
        send: (frame: object) => boolean;
        changed: () => void;
    });
    storage: KeyStorage;
    owner: {
        send: (frame: object) => boolean;
        changed: () => void;
    };
    /** Every message on its way, in order. */
    get entries(): Entry[];
    /**
     * Those of one conversation.
     * @param {ConversationId} id
     */
    of(id: ConversationId): Entry[];
    /**
     * Takes up what this user left, here or in another tab, and what was added before it was known who it is. What is of
     * another user stays theirs.
     * @param {string} user
     */
    open(user: string): void;
    /**
     * Adds a message; it is sent as soon as there is a connection.
     * @param {ConversationId} conversation_id
     * @param {MessageBody} body
     * @param {any} [note]
     * @returns {Entry}
     */
    add(conversation_id: ConversationId, body: MessageBody, note?: any): Entry;
    /**
     * What becomes of a message: its acknowledgement, or the refusal. It does not outlive the page, as the message does.
     * @param {Entry} entry
     * @returns {Promise<Acked>}
     */
    done(entry: Entry): Promise<Acked>;
    /**
     * Sends one that was refused once more.
     * @param {string} clientId
     */
    retry(clientId: string): void;
    /**
     * Gives one up. One that is under way may have been stored all the same.
     * @param {string} clientId
     */
    discard(clientId: string): void;
    /** The connection is up: everything is sent that waits. */
    live(): void;
    /** It is lost: what was under way will be sent again. */
    lost(): void;
    /** Ends all waiting and takes nothing more; the messages stay for the next time. */
    close(): void;
    /**
     * Takes an answer.
     * @param {AnyFrame} frame
     * @returns {boolean} whether it was about one of these
     */
    answered(frame: AnyFrame): boolean;
    #private;
}
/**
 * `failed` is the code that the server refused it with; `note` is the application's own, and never sent
 */
export type Entry = {
    client_id: string;
    conversation_id: ConversationId;
    body: MessageBody;
    created_at: string;
    failed?: string;
    note?: any;
};
/**
 * How one hears what became of a message.
 */
export type Settle = {
    promise: Promise<Acked>;
    resolve: (acked: Acked) => void;
    reject: (error: ChatError) => void;
};
import type { KeyStorage } from './storage.js';
import type { ConversationId } from '../types/wire.js';
import type { MessageBody } from '../types/wire.js';
import type { Acked } from '../types/wire.js';
import type { AnyFrame } from './positions.js';
import { ChatError } from './error.js';
