/** @param {User} me @returns {State} */
export function createState(me: User): State;
/**
 * Reads the whole inbox.
 * @param {State} state
 * @param {Rest} rest
 * @returns {Promise<Kept>} up to where everything is known, for a client to resume from
 */
export function loadInbox(state: State, rest: Rest): Promise<Kept>;
/** Takes profiles. @param {State} state @param {User[]} users */
export function addUsers(state: State, users: User[]): void;
/** Takes a conversation as REST or an event shows it; what is newer here stays. @param {State} state @param {Shown} view */
export function addConversation(state: State, view: Shown): {
    type: import("../types/wire.js").ConversationKind;
    id: ConversationId;
    created_by: UserId;
    created_at: import("../types/wire.js").Timestamp;
    last_seq: Seq;
    rev: import("../types/wire.js").Rev;
    member_count: number;
    avatar_url?: string;
    name?: string;
};
/** @param {State} state @param {ConversationId} id @param {MemberView[]} members */
export function setMembers(state: State, id: ConversationId, members: MemberView[]): void;
/** Takes messages, by their numbers; of two states of one, the later stays. @param {State} state @param {MessageView[]} messages */
export function addMessages(state: State, messages: MessageView[]): void;
/** Markers only grow. @param {State} state @param {Marker} marker */
export function moveMarkers(state: State, marker: Marker): void;
/**
 * Applies a frame of a client, in the order in which it tells them. Frames of unknown types change nothing.
 * @param {State} state
 * @param {AnyFrame} frame
 * @returns {boolean} whether anything changed
 */
export function apply(state: State, frame: AnyFrame): boolean;
/** How many messages one has not read. @param {State} state @param {ConversationId} id */
export function unread(state: State, id: ConversationId): number;
/** A conversation's messages in order. @param {State} state @param {ConversationId} id */
export function history(state: State, id: ConversationId): MessageView[];
/** The run of messages without a gap that ends with the last one. @param {State} state @param {ConversationId} id */
export function latestRun(state: State, id: ConversationId): MessageView[];
/** The run of messages without a gap that this one is in; none where it is not known. @param {State} state @param {ConversationId} id @param {Seq} seq */
export function runAround(state: State, id: ConversationId, seq: Seq): MessageView[];
/** The members but oneself. @param {State} state @param {ConversationId} id */
export function others(state: State, id: ConversationId): MemberView[];
/** A message in a line: its text, or what it is instead. @param {MessageView} message */
export function summary(message: MessageView): string;
/** @param {State} state @param {UserId | undefined} id */
export function userName(state: State, id: UserId | undefined): string;
/** The other side of a direct conversation. @param {State} state @param {ConversationId} id */
export function peerId(state: State, id: ConversationId): string | undefined;
/** @param {State} state @param {ConversationView} conversation */
export function title(state: State, conversation: ConversationView): string | undefined;
/** How far one's own message has come: 'sent', 'delivered' or 'read'. @param {State} state @param {MessageView} message */
export function status(state: State, message: MessageView): "delivered" | "read" | "sent";
/** Whether one may take a message's content away. @param {State} state @param {MessageView} message */
export function mayDelete(state: State, message: MessageView): boolean;
/** Conversations, the latest activity first. @param {State} state */
export function inbox(state: State): ConversationView[];
/**
 * A user; of some only the id and the presence are known.
 */
export type User = Partial<ProfileView> & {
    id: UserId;
};
/**
 * A conversation as the inbox, a page or an event shows it.
 */
export type Shown = ConversationView & {
    members?: MemberView[];
    users?: ProfileView[];
    me?: MemberView;
    peer?: MemberView;
    last_message?: MessageView;
    unread_count?: number;
};
export type Marker = Pick<MarkersView, "conversation_id" | "user_id" | "delivered_seq" | "read_seq">;
/**
 * `latest` is the last message of each conversation that is known; `typing` says until when; `complete` are the histories that are known to their beginning; `stale` those of which
 * pages must be loaded anew; `blocked` are those whom one blocks, as far as it was told; `active` and `connection` are the interface's own
 */
export type State = {
    me: User;
    epoch: string | undefined;
    resuming: boolean;
    active: ConversationId | null;
    connection: string;
    users: Map<UserId, User>;
    conversations: Map<ConversationId, ConversationView>;
    messages: Map<ConversationId, Map<Seq, MessageView>>;
    latest: Map<ConversationId, MessageView>;
    members: Map<ConversationId, Map<UserId, MemberView>>;
    typing: Map<ConversationId, Map<UserId, number>>;
    complete: Set<ConversationId>;
    stale: Set<ConversationId>;
    blocked: Set<UserId>;
};
import type { Rest } from './rest.js';
import type { Kept } from './positions.js';
import type { ConversationId } from '../types/wire.js';
import type { UserId } from '../types/wire.js';
import type { Seq } from '../types/wire.js';
import type { MemberView } from '../types/wire.js';
import type { MessageView } from '../types/wire.js';
import type { AnyFrame } from './positions.js';
import type { ConversationView } from '../types/wire.js';
import type { ProfileView } from '../types/wire.js';
import type { MarkersView } from '../types/wire.js';
