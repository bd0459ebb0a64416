/** @typedef {Record<string, string | number | undefined>} Query */
export class Rest {
    /**
     * @param {string} url where the server is, as `https://chat.example`; the API is below `/api/v1/` there
     * @param {Credentials} credentials
     */
    constructor(url: string, credentials: Credentials);
    root: URL;
    credentials: Credentials;
    /**
     * A request in the user's name; an access token that has expired is renewed once.
     * @param {string} method
     * @param {string} path below `/api/v1/`
     * @param {object | FormData} [body]
     * @returns {Promise<any>} the answer's JSON; null if it has none
     */
    request(method: string, path: string, body?: object | FormData): Promise<any>;
    /**
     * A request as it is, without credentials but the browser's cookies.
     * @param {string} method
     * @param {string} path
     * @param {object | FormData} [body]
     * @param {Record<string, string>} [headers]
     * @returns {Promise<any>} rejected as `unreachable` too where the answer cannot be read
     */
    ask(method: string, path: string, body?: object | FormData, headers?: Record<string, string>): Promise<any>;
    /** @param {string} path @param {Query} [query] */
    get(path: string, query?: Query): Promise<any>;
    /** @param {string} path @param {object | FormData} [body] */
    post(path: string, body?: object | FormData): Promise<any>;
    /** @param {string} path @param {object} [body] */
    put(path: string, body?: object): Promise<any>;
    /** @param {string} path @param {object} body */
    patch(path: string, body: object): Promise<any>;
    /** @param {string} path */
    delete(path: string): Promise<any>;
    /**
     * The whole address of a medium, which the API gives relative to its root.
     * @param {string} url
     */
    mediaUrl(url: string): string;
    /** @returns {Promise<wire.Me>} */
    me(): Promise<wire.Me>;
    /** @param {wire.ProfileBody} body @returns {Promise<wire.Me>} */
    updateMe(body: wire.ProfileBody): Promise<wire.Me>;
    /** Those whom one blocks. @param {{ limit?: number, cursor?: string }} [query] @returns {Promise<wire.BlockPage>} */
    blocks(query?: {
        limit?: number;
        cursor?: string;
    }): Promise<wire.BlockPage>;
    /** @param {wire.UserId} user @returns {Promise<null>} */
    block(user: wire.UserId): Promise<null>;
    /** @param {wire.UserId} user @returns {Promise<null>} */
    unblock(user: wire.UserId): Promise<null>;
    /** @returns {Promise<wire.PrivacyView>} */
    privacy(): Promise<wire.PrivacyView>;
    /** @param {wire.PrivacyUpdate} body @returns {Promise<wire.PrivacyView>} */
    setPrivacy(body: wire.PrivacyUpdate): Promise<wire.PrivacyView>;
    /** @param {wire.UserId} id @returns {Promise<wire.ProfileView>} */
    user(id: wire.UserId): Promise<wire.ProfileView>;
    /** @param {{ search?: string, limit?: number, cursor?: string }} [query] @returns {Promise<wire.UserPage>} */
    users(query?: {
        search?: string;
        limit?: number;
        cursor?: string;
    }): Promise<wire.UserPage>;
    /** Up to 200 users by their ids. @param {wire.UserId[]} ids @returns {Promise<wire.UserPage>} */
    usersById(ids: wire.UserId[]): Promise<wire.UserPage>;
    /** @param {{ limit?: number, cursor?: string }} [query] @returns {Promise<wire.InboxPage>} */
    inbox(query?: {
        limit?: number;
        cursor?: string;
    }): Promise<wire.InboxPage>;
    /** Opens the direct conversation with a user, made if there is none. @param {wire.UserId} participant_id @returns {Promise<wire.ConversationPage>} */
    openDirect(participant_id: wire.UserId): Promise<wire.ConversationPage>;
    /** @param {string} name @param {wire.UserId[]} participant_ids @returns {Promise<wire.ConversationPage>} */
    createGroup(name: string, participant_ids: wire.UserId[]): Promise<wire.ConversationPage>;
    /** @param {wire.ConversationId} id @returns {Promise<wire.ConversationPage>} */
    conversation(id: wire.ConversationId): Promise<wire.ConversationPage>;
    /** @param {wire.ConversationId} id @param {wire.ConversationUpdate} body @returns {Promise<wire.ConversationPage>} */
    updateConversation(id: wire.ConversationId, body: wire.ConversationUpdate): Promise<wire.ConversationPage>;
    /** @param {wire.ConversationId} id @param {{ limit?: number, cursor?: string }} [query] @returns {Promise<wire.MemberPage>} */
    members(id: wire.ConversationId, query?: {
        limit?: number;
        cursor?: string;
    }): Promise<wire.MemberPage>;
    /** @param {wire.ConversationId} id @param {wire.UserId[]} participant_ids @returns {Promise<wire.ConversationPage>} */
    addMembers(id: wire.ConversationId, participant_ids: wire.UserId[]): Promise<wire.ConversationPage>;
    /** @param {wire.ConversationId} id @param {wire.UserId} user @param {wire.Role} role @returns {Promise<wire.ConversationPage>} */
    setRole(id: wire.ConversationId, user: wire.UserId, role: wire.Role): Promise<wire.ConversationPage>;
    /** @param {wire.ConversationId} id @param {wire.UserId} user @returns {Promise<null>} */
    removeMember(id: wire.ConversationId, user: wire.UserId): Promise<null>;
    /** @param {wire.ConversationId} id @returns {Promise<null>} */
    leave(id: wire.ConversationId): Promise<null>;
    /** One page, oldest first: the latest, or before, after or around a seq. @param {wire.ConversationId} id @param {{ before?: wire.Seq, after?: wire.Seq, around?: wire.Seq, limit?: number }} [query] @returns {Promise<wire.HistoryPage>} */
    history(id: wire.ConversationId, query?: {
        before?: wire.Seq;
        after?: wire.Seq;
        around?: wire.Seq;
        limit?: number;
    }): Promise<wire.HistoryPage>;
    /**
     * Sends a message once, without the outbox of a `Chat`: repeat it under its `client_id` where the answer did not come.
     * @param {wire.ConversationId} id @param {wire.MessageBody} body @returns {Promise<wire.MessageView>}
     */
    sendMessage(id: wire.ConversationId, body: wire.MessageBody): Promise<wire.MessageView>;
    /** @param {wire.ConversationId} id @param {wire.MessageId} message @returns {Promise<wire.MessageView>} */
    message(id: wire.ConversationId, message: wire.MessageId): Promise<wire.MessageView>;
    /** Gives a message of one's own another text. @param {wire.ConversationId} id @param {wire.MessageId} message @param {string} content @returns {Promise<wire.MessageView>} */
    editMessage(id: wire.ConversationId, message: wire.MessageId, content: string): Promise<wire.MessageView>;
    /** Takes a message's content away. @param {wire.ConversationId} id @param {wire.MessageId} message @returns {Promise<wire.MessageView>} */
    deleteMessage(id: wire.ConversationId, message: wire.MessageId): Promise<wire.MessageView>;
    /** Those who gave a message this reaction. @param {wire.ConversationId} id @param {wire.MessageId} message @param {{ reaction: wire.Reaction, limit?: number, cursor?: string }} query @returns {Promise<wire.ReactorPage>} */
    reactors(id: wire.ConversationId, message: wire.MessageId, query: {
        reaction: wire.Reaction;
        limit?: number;
        cursor?: string;
    }): Promise<wire.ReactorPage>;
    /** @param {wire.ConversationId} id @param {wire.MessageId} message @param {wire.Reaction} reaction @returns {Promise<wire.MessageView>} */
    react(id: wire.ConversationId, message: wire.MessageId, reaction: wire.Reaction): Promise<wire.MessageView>;
    /** @param {wire.ConversationId} id @param {wire.MessageId} message @param {wire.Reaction} reaction @returns {Promise<wire.MessageView>} */
    unreact(id: wire.ConversationId, message: wire.MessageId, reaction: wire.Reaction): Promise<wire.MessageView>;
    /** Says that everything up to this message has arrived. @param {wire.ConversationId} id @param {wire.Seq} seq @returns {Promise<wire.MarkersView>} */
    delivered(id: wire.ConversationId, seq: wire.Seq): Promise<wire.MarkersView>;
    /** Says that everything up to this message has been read. @param {wire.ConversationId} id @param {wire.Seq} seq @returns {Promise<wire.MarkersView>} */
    read(id: wire.ConversationId, seq: wire.Seq): Promise<wire.MarkersView>;
    /** Messages with all these words, newest first. @param {{ search: string, conversation_id?: wire.ConversationId, limit?: number, cursor?: string }} query @returns {Promise<wire.MessagePage>} */
    search(query: {
        search: string;
        conversation_id?: wire.ConversationId;
        limit?: number;
        cursor?: string;
    }): Promise<wire.MessagePage>;
    /** @param {Blob} file @param {wire.Purpose} [purpose] @returns {Promise<wire.UploadView>} */
    upload(file: Blob, purpose?: wire.Purpose): Promise<wire.UploadView>;
    /** The servers that help two devices to connect for a call. @returns {Promise<wire.IceServers>} */
    iceServers(): Promise<wire.IceServers>;
    /** The key that browsers subscribe to, where the server pushes. @returns {Promise<wire.PushKeyView>} */
    pushKey(): Promise<wire.PushKeyView>;
    /** One's browsers that are pushed to. @returns {Promise<wire.PushSubscriptionList>} */
    pushSubscriptions(): Promise<wire.PushSubscriptionList>;
    /** Has messages pushed to a browser; `subscribePush` does so for this one. @param {wire.PushSubscriptionBody} body @returns {Promise<wire.PushSubscriptionView>} */
    pushTo(body: wire.PushSubscriptionBody): Promise<wire.PushSubscriptionView>;
    /** Has nothing pushed there any more. @param {string} endpoint @returns {Promise<null>} */
    pushNoMore(endpoint: string): Promise<null>;
    /** A file's bytes. A page shows it by its address instead: `mediaUrl`. @param {wire.UploadId} id @returns {Promise<Blob>} */
    file(id: wire.UploadId): Promise<Blob>;
    /** A smaller picture's bytes. @param {wire.UploadId} id @returns {Promise<Blob>} */
    thumbnail(id: wire.UploadId): Promise<Blob>;
    /** The API's description, as OpenAPI 3.1. @returns {Promise<any>} */
    openapi(): Promise<any>;
    /** @returns {Promise<wire.SessionList>} */
    sessions(): Promise<wire.SessionList>;
    /** @param {string} id @returns {Promise<null>} */
    endSession(id: string): Promise<null>;
    /** @param {wire.PasswordBody} body @returns {Promise<wire.SessionView>} */
    changePassword(body: wire.PasswordBody): Promise<wire.SessionView>;
    /** A one-use credential for a WebSocket. @returns {Promise<wire.TicketView>} */
    ticket(): Promise<wire.TicketView>;
    #private;
}
export type Query = Record<string, string | number | undefined>;
import type { Credentials } from './credentials.js';
import type * as wire from '../types/wire.js';
