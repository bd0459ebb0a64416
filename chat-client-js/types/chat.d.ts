/**
 * Connects and stays connected until `close`.
 * @param {Options} [options]
 */
export function connect(options?: Options): Chat;
/** @extends {Emitter<Told>} */
export class Chat extends Emitter<Told> {
    /** @param {Options} [options] */
    constructor(options?: Options);
    options: Options;
    credentials: import("./credentials.js").Credentials;
    /** The REST API in the user's name. */
    rest: Rest;
    /** Messages that are not acknowledged yet. */
    outbox: Outbox;
    /** `connecting`, `live` (everything missed has come), or `ended` with the close code or the refusal. */
    get state(): State;
    /** What one has: give it to the next `connect` to get only what changed since. */
    get positions(): Kept;
    /**
     * Sends a message, exactly once, however often the connection breaks; with a lasting storage also if the page goes.
     * @param {ConversationId} conversation
     * @param {string | MessageBody} message a text, or a whole body
     * @param {any} [note] kept beside it in the outbox
     * @returns {Promise<Acked>} once it is stored; rejected with the code that it was refused with, or `closed` where the
     *   client has ended
     */
    send(conversation: ConversationId, message: string | MessageBody, note?: any): Promise<Acked>;
    /** Says that everything up to this message has arrived. @param {ConversationId} id @param {Seq} seq */
    delivered(id: ConversationId, seq: Seq): void;
    /** Says that everything up to this message has been read. @param {ConversationId} id @param {Seq} seq */
    read(id: ConversationId, seq: Seq): void;
    /** Says that one types, or stopped; call it with every key. @param {ConversationId} conversation_id */
    typing(conversation_id: ConversationId, active?: boolean): void;
    /** Hears of these users' presence, on this connection and the next: told as `presence_state`, then `presence_changed`. @param {UserId[]} users */
    watch(users: UserId[]): void;
    /** Hears of it no more. @param {UserId[]} users */
    unwatch(users: UserId[]): void;
    /**
     * Sends any command, as `docs/protocol.md` has it, and waits for its reply. It is not repeated.
     * @param {AnyFrame} command
     * @returns {Promise<AnyFrame>} rejected with the code that it was refused with, or `connection_lost`
     */
    command(command: AnyFrame): Promise<AnyFrame>;
    /** Shows a fresh credential on the open connection: for hosts that give tokens, before one ends. */
    authenticate(): Promise<void>;
    /** Ends the login session, and the client. */
    signOut(): Promise<void>;
    /** Ends the client. Messages that are not acknowledged stay in the storage for the next one. */
    close(): void;
    #private;
}
/**
 * `url`: where the server is; a page's own origin by default.
 * `session`: what `login` or `register` gave; its tokens are renewed, and each renewal is told as `session`.
 * `token`: the host's own login, or a function that gets its present token; `tokenBy` says how the socket shows it,
 * by default as the server has it: by a ticket where it gives tickets, else in the address.
 * `storage`: where messages wait that are not acknowledged; by default the browser's `localStorage`, elsewhere memory.
 * `user`: who it is, where that is known before the first connection: the outbox is taken up at once. A login of
 * somebody else then ends the client.
 * `positions`: what one has already; without it everything is new. A function is asked before the first connection,
 * and again until it succeeds.
 */
export type Options = {
    url?: string;
    session?: SessionView;
    token?: string | (() => string | Promise<string>);
    tokenBy?: TokenBy;
    storage?: KeyStorage;
    user?: UserId;
    positions?: Kept | ((rest: Rest) => Kept | Promise<Kept>);
};
/**
 * How it stands: `code` is the close code of the last connection, `error` the refusal that ended the client before there
 * was one.
 */
export type State = {
    state: "connecting" | "live" | "ended";
    code?: number;
    error?: ChatError;
};
/**
 * What is told, by its name: a frame by its `type`, and all frames, those of newer servers too, as `frame`.
 */
export type Told = {
    state: State;
    outbox: undefined;
    session: SessionView;
    frame: AnyFrame;
} & { [Type in (Event | Reply)["type"]]: Extract<Event | Reply, {
    type: Type;
}>; };
import { Emitter } from './emitter.js';
import { Rest } from './rest.js';
import { Outbox } from './outbox.js';
import type { Kept } from './positions.js';
import type { ConversationId } from '../types/wire.js';
import type { MessageBody } from '../types/wire.js';
import type { Acked } from '../types/wire.js';
import type { Seq } from '../types/wire.js';
import type { UserId } from '../types/wire.js';
import type { AnyFrame } from './positions.js';
import type { SessionView } from '../types/wire.js';
import type { TokenBy } from './credentials.js';
import type { KeyStorage } from './storage.js';
import { ChatError } from './error.js';
import type { Event } from '../types/wire.js';
import type { Reply } from '../types/wire.js';
