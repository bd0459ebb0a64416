/**
 * What goes over the wire, made from the server's Rust types by `cargo xtask types`. Do not edit.
 *
 * Ids and moments are text, numbers of messages and changes are numbers. A field with `?` is absent where there is
 * nothing to say.
 */

/** Where a message is that was sent or revised. */
export interface Acked {
  /** Its conversation. */
  conversation_id: ConversationId;
  /** Its id. */
  message_id: MessageId;
  /** Its number. */
  seq: Seq;
  /** Its rev. */
  rev: Rev;
  /** When the server took it. */
  created_at: Timestamp;
  /** True if it had been stored before, by an earlier try, or if a revision found all as it asked. */
  duplicate: boolean;
  /** The client id that it was sent under. */
  client_id?: ClientId;
}

/** Users to add to a group. */
export interface AddMembers {
  /** Who. */
  participant_ids: UserId[];
}

/** An image, a video, a sound or another file of a message. */
export interface AttachmentView {
  /** The upload. */
  id: UploadId;
  /** Where it is read: absolute, or relative to the API's root. */
  url: string;
  /** The format. */
  content_type: MediaType;
  /** Size in bytes. */
  size: number;
  /** Height of a picture in pixels. */
  height?: number;
  /** What the file was called where it came from; show it as text. */
  name?: FileName;
  /** Where a smaller picture is read. */
  thumbnail_url?: string;
  /** Width of a picture in pixels. */
  width?: number;
}

/** Whom something of a user is shown to, of those who may know of the user at all. */
export type Audience = 'everyone' | 'nobody';

/** A fresh credential of the same user: exactly one of the two. */
export interface Authenticate {
  /** A one-use ticket. */
  ticket?: string | null;
  /** An access token. */
  token?: string | null;
}

/** A page of those whom one blocks, by user id. */
export interface BlockPage {
  /** The blocks. */
  items: BlockView[];
  /** The profiles of those who are blocked. */
  users: ProfileView[];
  /** The next page's `cursor`; absent at the end. */
  next_cursor?: string;
}

/** Somebody whom one blocks. */
export interface BlockView {
  /** Whom. */
  user_id: UserId;
  /** Since when. */
  blocked_at: Timestamp;
}

/** A signal of a call with one other member. */
export interface CallCommand {
  /** The conversation that both are in. */
  conversation_id: ConversationId;
  /** Which call: chosen by whoever begins it. */
  call_id: CallId;
  /** To whom. */
  to: UserId;
  /** The device that says it. */
  from_device: DeviceId;
  /** What is said. */
  signal: Signal;
  /** The one device of the other that it is meant for; all of them if absent. */
  to_device?: DeviceId | null;
}

/** The caller's own id of a call: all that is signalled of the call carries it. */
export type CallId = string;

/** A signal, with who says it to whom. */
export interface CallSignal {
  /** The conversation that both are in. */
  conversation_id: ConversationId;
  /** Which call. */
  call_id: CallId;
  /** Who says it. */
  from: UserId;
  /** The device that says it, by a name that its client chose; only together with `from` it means something. */
  from_device: DeviceId;
  /** To whom. */
  to: UserId;
  /** What is said. */
  signal: Signal;
  /** The one device that it is meant for; the others pass it over. All of them if absent. */
  to_device?: DeviceId;
}

/** What changed in a conversation, as it is now. Rows that changed often come once. */
export interface ChangesView {
  /** The conversation as it is now. */
  conversation: ConversationView;
  /** The rev that the client named; 0 for a conversation that is new to it. */
  since: Rev;
  /** The rev that the client has reached with this. */
  rev: Rev;
  /** True if too much changed to be sent: forget its history and load it again. */
  reset: boolean;
  /** Members that changed, those who left included. */
  members: MemberView[];
  /** Messages that are new or changed, by rising rev. */
  messages: MessageView[];
}

/**
 * The sender's own id of a message: the key of exactly-once send.
 *
 * Unique per conversation and sender, kept for ever.
 */
export type ClientId = string;

/** Why a request was refused or failed. The text never changes; clients decide by it. */
export type Code = 'invalid_json' | 'invalid_frame' | 'invalid_type' | 'unknown_field' | 'invalid_id' | 'invalid_cursor' | 'invalid_query' | 'invalid_content' | 'invalid_reference' | 'invalid_reaction' | 'invalid_seq' | 'invalid_name' | 'invalid_members' | 'invalid_username' | 'invalid_email' | 'invalid_phone' | 'invalid_display_name' | 'invalid_endpoint' | 'invalid_key' | 'weak_password' | 'too_long' | 'limit_exceeded' | 'ambiguous_credentials' | 'bad_request' | 'unauthenticated' | 'invalid_token' | 'token_expired' | 'invalid_credentials' | 'token_reused' | 'wrong_token_type' | 'forbidden' | 'denied' | 'blocked' | 'csrf' | 'origin_not_allowed' | 'reauth_required' | 'not_found' | 'method_not_allowed' | 'timeout' | 'unavailable' | 'idempotency_conflict' | 'last_owner' | 'group_full' | 'message_deleted' | 'too_many_reactions' | 'too_large' | 'uri_too_long' | 'unsupported_media_type' | 'unsupported_media' | 'range_not_satisfiable' | 'damaged_media' | 'upgrade_required' | 'rate_limited' | 'too_many_attempts' | 'quota_exceeded' | 'internal' | 'storage_unavailable' | 'busy' | 'draining' | 'storage_full';

/** What a client sends over the WebSocket. The reply gives the `id` back. */
export type Command =
  | {
      type: 'message';
      id?: RequestId;
    } & SendMessage
  | {
      type: 'edit';
      id?: RequestId;
    } & EditMessage
  | {
      type: 'delete';
      id?: RequestId;
    } & DeleteMessage
  | {
      type: 'react';
      id?: RequestId;
    } & React
  | {
      type: 'unreact';
      id?: RequestId;
    } & React
  | {
      type: 'typing';
      id?: RequestId;
    } & Typing
  | {
      type: 'delivered';
      id?: RequestId;
    } & MarkCommand
  | {
      type: 'read';
      id?: RequestId;
    } & MarkCommand
  | {
      type: 'call';
      id?: RequestId;
    } & CallCommand
  | {
      type: 'resume';
      id?: RequestId;
    } & Resume
  | {
      type: 'watch';
      id?: RequestId;
    } & Watch
  | {
      type: 'unwatch';
      id?: RequestId;
    } & Watch
  | {
      type: 'authenticate';
      id?: RequestId;
    } & Authenticate
  | {
      type: 'ping';
      id?: RequestId;
    };

/** A conversation. */
export type ConversationId = string;

/** What kind of conversation it is; it never changes. */
export type ConversationKind = 'direct' | 'group';

/** One conversation, opened: with its first members. */
export type ConversationPage = ConversationView & {
  /** The user's own membership. */
  me: MemberView;
  /** Members by user id, at most 256; the rest by the members listing. */
  members: MemberView[];
  /** Their profiles. */
  users: ProfileView[];
};

/** What to change of a group; absent fields stay as they are. */
export interface ConversationUpdate {
  /** Another picture: an upload of one's own made as an avatar; `null` for none. */
  avatar_id?: UploadId | null;
  /** Another name. */
  name?: string | null;
}

/** A conversation. */
export interface ConversationView {
  /** Its kind. */
  type: ConversationKind;
  /** Its id. */
  id: ConversationId;
  /** Who made it. */
  created_by: UserId;
  /** When. */
  created_at: Timestamp;
  /** Number of the last message; 0 while there is none. */
  last_seq: Seq;
  /** Number of the last change. */
  rev: Rev;
  /** How many members there are. */
  member_count: number;
  /** Its picture. */
  avatar_url?: string;
  /** Its name; none for direct ones. */
  name?: string;
}

/** A message to delete. */
export interface DeleteMessage {
  /** Where the message is. */
  conversation_id: ConversationId;
  /** Which message. */
  message_id: MessageId;
}

/** A client's own name for one of its user's devices, the same for as long as a call lasts. */
export type DeviceId = string;

/** Another text for a message of one's own. */
export interface EditBody {
  /** The text; may be empty beside attachments. */
  content: string;
}

/** Another text for a message. */
export interface EditMessage {
  /** Where the message is. */
  conversation_id: ConversationId;
  /** Which message. */
  message_id: MessageId;
  /** The text; may be empty beside attachments. */
  content: string;
}

/**
 * Random value of a store, made with it and renewed after a restore from backup.
 *
 * `Rev`s of another epoch mean nothing: a client that comes with one starts anew.
 */
export type Epoch = string;

/**
 * Something that happened. Its JSON is what sockets and the bus carry alike.
 *
 * Events with a `rev` are the conversation's log: a connection gets them in order
 * and without gaps. The others are momentary: a lost one does no harm, for the state they tell
 * of comes with the next resume.
 */
export type Event =
  /** A message was sent. */
  | {
      type: 'message_created';
      /** The message. */
      message: MessageView;
    }
  /** A message was edited or deleted, or its reactions changed. */
  | {
      type: 'message_updated';
      /** The message now. */
      message: MessageView;
    }
  /** A user became a member, or a member has another role. */
  | {
      type: 'member_updated';
      /** Where. */
      conversation_id: ConversationId;
      /** Who, as they are now. */
      member: MemberView;
    }
  /** A member left or was removed. It is the last event that the member gets. */
  | {
      type: 'member_removed';
      /** Where. */
      conversation_id: ConversationId;
      /** Who. */
      member: MemberView;
    }
  /** The name or the picture changed. */
  | {
      type: 'conversation_updated';
      /** The conversation now. */
      conversation: ConversationView;
      /** The rev of this change. */
      rev: Rev;
    }
  /** For a user's own devices: a conversation is now theirs. */
  | {
      type: 'conversation_joined';
      /** The conversation. */
      conversation: ConversationView;
      /** Its members, up to 256. */
      members: MemberView[];
    }
  /** A member received or read messages. */
  | MarkersView & {
      type: 'marker_moved';
    }
  /** A member types, or stopped. */
  | {
      type: 'typing';
      /** Where. */
      conversation_id: ConversationId;
      /** Who. */
      user_id: UserId;
      /** False when the member stopped. */
      active: boolean;
    }
  /**
   * For the devices of those whom a call is about: another member told something about it, or one's own other
   * device answered or ended it.
   */
  | CallSignal & {
      type: 'call_signal';
    }
  /** A user came or went. */
  | PresenceView & {
      type: 'presence_changed';
    }
  /** For a user's own devices: they block somebody, or no more. */
  | {
      type: 'block_changed';
      /** Whom. */
      user_id: UserId;
      /** False when the block ended. */
      blocked: boolean;
    }
  /** For a user's own devices: they let others see something else. */
  | PrivacyView & {
      type: 'privacy_changed';
    };

/**
 * The name of a file for people to read and to save it under: at most 255 bytes, without folders,
 * control characters and signs that change the direction of what is around them. Nothing here is
 * ever opened by it.
 */
export type FileName = string;

/** Why a call ended. */
export type HangupReason = 'ended' | 'declined' | 'busy' | 'unanswered' | 'failed';

/** A page of history, oldest first. */
export interface HistoryPage {
  /** The messages; one's own with their status. */
  items: MessageView[];
  /** The senders. */
  users: ProfileView[];
  /** The other members' markers, of at most 50 members. */
  markers: MarkersView[];
  /** Number of the conversation's last message. */
  last_seq: Seq;
  /** The lowest seq that the user may see is this one's next. */
  visible_from: Seq;
}

/** An address at which a device may be reached (RFC 8839), opaque to the server. */
export interface IceCandidate {
  /** The candidate's line; empty for "no more of this medium". */
  candidate: string;
  /** The same as a number. */
  sdp_m_line_index?: number | null;
  /** The medium that it is for. */
  sdp_mid?: string | null;
}

/** A STUN or TURN server, or several with the same credential. */
export interface IceServer {
  /** Where: `stun:`, `stuns:`, `turn:` or `turns:` URLs. */
  urls: string[];
  /** For TURN: the password. */
  credential?: string;
  /** For TURN: the user name. */
  username?: string;
}

/** Servers that help two devices to connect. */
export interface IceServers {
  /** As `RTCConfiguration.iceServers` takes them; may be empty. */
  ice_servers: IceServer[];
  /** For how many seconds the credentials are good; absent where there are none. */
  expires_in?: number;
}

/** A page of the inbox, newest activity first. */
export interface InboxPage {
  /** The rows. */
  items: InboxView[];
  /** The other sides of direct conversations and the senders of last messages. */
  users: ProfileView[];
  /** The epoch of all revs. */
  epoch: Epoch;
  /** The next page's `cursor`; absent at the end. */
  next_cursor?: string;
}

/** A row of the inbox. */
export type InboxView = ConversationView & {
  /** How many messages the user has not read. */
  unread_count: number;
  /** The user's own membership. */
  me: MemberView;
  /** The last message. */
  last_message?: MessageView;
  /** The other side of a direct conversation. */
  peer?: MemberView;
};

/** Who logs in: by user name or by address. */
export interface LoginBody {
  password: string;
  /** True to get the tokens as cookies. */
  cookies?: boolean;
  email?: string | null;
  username?: string | null;
}

/** A login session of the built-in accounts: made by a login, ended by a logout. */
export type LoginId = string;

/** One of one's sessions. */
export interface LoginView {
  id: LoginId;
  created_at: Timestamp;
  refreshed_at: Timestamp;
  expires_at: Timestamp;
  /** Whether it is the one that asks. */
  current: boolean;
  device?: string;
}

/** How far one is. */
export interface MarkBody {
  /** Everything up to this message. */
  seq: Seq;
}

/** How far one is. */
export interface MarkCommand {
  /** Where. */
  conversation_id: ConversationId;
  /** Everything up to this message. */
  seq: Seq;
}

/** How far a member is. */
export interface MarkersView {
  /** Where. */
  conversation_id: ConversationId;
  /** Who. */
  user_id: UserId;
  /** Everything up to here has reached a device. */
  delivered_seq: Seq;
  /** Everything up to here has been read. */
  read_seq: Seq;
}

/** One's own account. */
export type Me = ProfileView & {
  created_at?: Timestamp;
  /** Where there are accounts. */
  email?: string;
  phone?: string;
};

/**
 * The format of an upload, by our own look at its bytes, never by its name or what its
 * sender said. Nothing is ever served as any other type.
 */
export type MediaType = 'Jpeg' | 'Png' | 'Gif' | 'WebP' | 'Mp4' | 'WebM' | 'QuickTime' | 'Mp3' | 'Ogg' | 'Wav' | 'M4a' | 'Aac' | 'Flac' | 'WebMAudio' | 'Pdf' | 'Zip' | 'Text' | 'Binary';

/** A page of members, by user id. */
export interface MemberPage {
  /** The members. */
  items: MemberView[];
  /** Their profiles. */
  users: ProfileView[];
  /** The next page's `cursor`; absent at the end. */
  next_cursor?: string;
}

/** A member of a conversation, or one who left. */
export interface MemberView {
  /** Who. */
  user_id: UserId;
  /** Role. */
  role: Role;
  /** False for one who left or was removed. */
  active: boolean;
  /** When the user joined. */
  joined_at: Timestamp;
  /** Rev of the last change of this membership. */
  rev: Rev;
  /** Everything up to here has reached a device of the member. */
  delivered_seq: Seq;
  /** Everything up to here has been read. */
  read_seq: Seq;
}

/** A message to send. */
export interface MessageBody {
  /** The sender's own id for it: repeat it to send exactly once. */
  client_id?: ClientId | null;
  /** The text; may be empty beside uploads. */
  content?: string;
  /** What it mainly is; told by the uploads if absent. */
  message_type?: MessageKind | null;
  /** The message that this one answers. */
  reply_to_id?: MessageId | null;
  /** Uploads of one's own to attach. */
  upload_ids?: UploadId[];
}

/** A message, in any conversation. */
export type MessageId = string;

/** What a message mainly is. */
export type MessageKind = 'text' | 'image' | 'video' | 'audio' | 'file' | 'deleted';

/** A page of messages that were found, newest first. */
export interface MessagePage {
  /** The messages. */
  items: MessageView[];
  /** The senders. */
  users: ProfileView[];
  /** The next page's `cursor`; absent at the end. */
  next_cursor?: string;
}

/** How far a message has come, for its sender. */
export type MessageStatus = 'sent' | 'delivered' | 'read';

/** A message. */
export interface MessageView {
  /** Its id. */
  id: MessageId;
  /** Where it is. */
  conversation_id: ConversationId;
  /** Its number: 1, 2, 3, ... without gaps. */
  seq: Seq;
  /** Rev of its last change. */
  rev: Rev;
  /** Who sent it. */
  sender_id: UserId;
  /** What it mainly is. */
  message_type: MessageKind;
  /** The text, verbatim; show it as text. */
  content: string;
  /** When the server took it. */
  created_at: Timestamp;
  /** What is attached. */
  attachments?: AttachmentView[];
  /** The sender's own id for it. */
  client_id?: ClientId;
  /** When its text was last edited. */
  edited_at?: Timestamp;
  /** How often it has which reaction. */
  reactions?: ReactionView[];
  /** The message that this one answers. */
  reply_to?: QuotedView;
  /** How far it has come; only in answers to its sender. */
  status?: MessageStatus;
}

/** A conversation to make. */
export interface NewConversationBody {
  /** Its kind. */
  type: ConversationKind;
  /** For a group: its name. */
  name?: string | null;
  /** For a direct one: the other user. */
  participant_id?: UserId | null;
  /** For a group: the other members. */
  participant_ids?: UserId[];
}

/** A new password. */
export interface PasswordBody {
  current_password: string;
  new_password: string;
}

/** Whether a user is there. */
export interface PresenceView {
  /** Who. */
  user_id: UserId;
  /** Whether a device is connected. */
  online: boolean;
  /** When the last device went away. */
  last_seen?: Timestamp;
}

/** What to change of what others see; absent fields stay as they are. */
export interface PrivacyUpdate {
  /** Who sees whether one is there, and was when. */
  last_seen?: Audience | null;
}

/** What a user lets others see. */
export interface PrivacyView {
  /** Who sees whether one is there, and was when. */
  last_seen: Audience;
}

/** An error answer: problem details (RFC 9457), `application/problem+json`. */
export interface Problem {
  /** Always `about:blank`: the code tells the kind. */
  type: string;
  /** The status in words. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** The stable code. */
  code: Code;
  /** What went wrong, in words for developers. */
  detail: string;
  /** The request's id, as in `X-Request-Id` and the logs. */
  request_id: string;
  /** The field that is at fault. */
  field?: string;
}

/** What to change of one's profile. */
export interface ProfileBody {
  /** An upload of one's own made as an avatar; `null` for none. */
  avatar_id?: UploadId | null;
  display_name?: string | null;
  /** `null` for none. */
  phone?: string | null;
}

/** A user as others see them. */
export interface ProfileView {
  /** Whose profile. */
  id: UserId;
  /** The name to show. */
  display_name: string;
  /** The picture. */
  avatar_url?: string;
  /** When the last device went away. */
  last_seen?: Timestamp;
  /** Whether a device is connected; only where presence was looked up. */
  online?: boolean;
  /** The unique name. */
  username?: string;
}

/** What an upload is for: it decides who may read it. */
export type Purpose = 'attachment' | 'avatar';

/** A browser not to be pushed to any more. */
export interface PushEndpoint {
  /** Its `endpoint`. */
  endpoint: string;
}

/** The key that browsers subscribe to. */
export interface PushKeyView {
  /** The `applicationServerKey`, as base64url without padding. */
  key: string;
}

/** A browser's `PushSubscription` to be pushed to. */
export interface PushSubscriptionBody {
  /** Its `endpoint`. */
  endpoint: string;
  /** Its key `p256dh`, as base64url without padding. */
  p256dh: string;
  /** Its key `auth`, as base64url without padding. */
  auth: string;
}

/** One's browsers that are pushed to, the latest first. */
export interface PushSubscriptionList {
  /** They. */
  items: PushSubscriptionView[];
}

/** A browser of one's own that is pushed to. */
export interface PushSubscriptionView {
  /** Its `endpoint`. */
  endpoint: string;
  /** Since when. */
  created_at: Timestamp;
}

/** The place of the message that another one answers. */
export interface QuotedView {
  /** The message. */
  id: MessageId;
  /** Its number in the same conversation. */
  seq: Seq;
}

/** A reaction to give or to take back. */
export interface React {
  /** Where the message is. */
  conversation_id: ConversationId;
  /** Which message. */
  message_id: MessageId;
  /** An emoji or a short name. */
  reaction: Reaction;
}

/**
 * An emoji or a short name: 1 to 64 bytes in Unicode's form NFC, without white space and characters
 * that cannot be seen. Cheap to clone.
 */
export type Reaction = string;

/** How often a message has a reaction. */
export interface ReactionView {
  /** Which. */
  reaction: Reaction;
  /** How many users gave it. */
  count: number;
  /** The first of them, at most 20, in the order in which they gave it. */
  user_ids: UserId[];
}

/** A page of those who gave a message a reaction, in the order in which they did. */
export interface ReactorPage {
  /** Who, and when. */
  items: ReactorView[];
  /** Their profiles. */
  users: ProfileView[];
  /** The next page's `cursor`; absent at the end. */
  next_cursor?: string;
}

/** A user who gave a reaction. */
export interface ReactorView {
  /** Who. */
  user_id: UserId;
  /** When. */
  reacted_at: Timestamp;
}

/** A refresh token; absent where a cookie holds it. */
export interface RefreshBody {
  refresh_token?: string | null;
}

/** An account to make. */
export interface RegisterBody {
  username: string;
  email: string;
  password: string;
  /** True to get the tokens as cookies. */
  cookies?: boolean;
  display_name?: string | null;
  phone?: string | null;
}

/** A frame for the connection that asked, or that has just come. */
export type Reply =
  /** The first frame: who one is here. */
  | {
      type: 'ready';
      /** The user. */
      user_id: UserId;
      /** Number of the connection on its node; for support and logs. */
      connection_id: number;
      /** The store's epoch: revs kept from another one mean nothing. */
      epoch: Epoch;
      /** The server's clock. */
      server_time: Timestamp;
    }
  /** A command was carried out. */
  | Partial<Acked> & {
      /** The command's id. */
      id?: RequestId;
    } & {
      type: 'ack';
    }
  /** A command was refused or failed; nothing was stored unless the code says otherwise. */
  | {
      type: 'error';
      /** Why. */
      code: Code;
      /** Why, in words for developers. */
      detail: string;
      /** The command's id. */
      id?: RequestId;
      /** When to try again, in milliseconds. */
      retry_after_ms?: number;
    }
  /** What changed in one conversation since the client's rev. Comes before `resumed`. */
  | ChangesView & {
      type: 'changes';
    }
  /** The resume is done: from here on every event is in order and complete. */
  | {
      type: 'resumed';
      /** The epoch that all revs are of. */
      epoch: Epoch;
      /** Conversations that the client named and is no longer in. */
      left: ConversationId[];
      /** Markers as they are: one's own in every conversation, and the other side's in direct ones. */
      markers: MarkersView[];
      /** The command's id. */
      id?: RequestId;
    }
  /** The presence of the users that were asked to be watched. */
  | {
      type: 'presence_state';
      /** One entry per user who may be seen. */
      users: PresenceView[];
      /** The command's id. */
      id?: RequestId;
    }
  /** The answer to a ping. */
  | {
      type: 'pong';
      /** The command's id. */
      id?: RequestId;
    }
  /** The connection is about to be closed by the server; come back after the hint. */
  | {
      type: 'closing';
      /** When to reconnect, in milliseconds from now. */
      reconnect_after_ms: number;
    };

/** The client's own id of a command, given back in its reply: at most 64 bytes. */
export type RequestId = string;

/** What a client has. */
export interface Resume {
  /** The epoch of its revs; absent if it has none. */
  epoch?: Epoch | null;
  /**
   * True if another resume command with more of the map follows; then this one is only noted
   * and answered by `ack`.
   */
  more?: boolean;
  /** The last rev it has of each conversation; at most 500. */
  revs?: Record<string, Rev>;
}

/**
 * Number of a change of a conversation: every new message, membership or settings change
 * takes the next; each row keeps the rev that last changed it.
 */
export type Rev = number;

/** What a member may do, from least to most. */
export type Role = 'member' | 'admin' | 'owner';

/** A role to give. */
export interface RoleBody {
  /** Which. */
  role: Role;
}

/** A message to send. */
export interface SendMessage {
  /** Where to. */
  conversation_id: ConversationId;
  /** The sender's own id for it: repeat it to send exactly once. */
  client_id?: ClientId | null;
  /** The text; may be empty beside uploads. */
  content?: string;
  /** What it mainly is; told by the uploads if absent. */
  message_type?: MessageKind | null;
  /** The message that this one answers. */
  reply_to_id?: MessageId | null;
  /** Uploads of one's own to attach. */
  upload_ids?: UploadId[];
}

/**
 * Number of a message in its conversation: 1, 2, 3, ... without gaps, given by the store in
 * the transaction that stores the message.
 */
export type Seq = number;

/** One's sessions, the latest used first. */
export interface SessionList {
  items: LoginView[];
}

/** A session. The tokens are absent where they travel as cookies. */
export interface SessionView {
  user: Me;
  token_type: string;
  /** Seconds. */
  expires_in: number;
  /** Seconds. */
  refresh_expires_in: number;
  refresh_token?: string;
  token?: string;
}

/** What one side of a call tells the other. */
export type Signal =
  /** Calls the other, or gives a call another make-up. */
  | {
      type: 'offer';
      /** The session description (RFC 8866), opaque to the server. */
      sdp: string;
    }
  /** Takes the call. */
  | {
      type: 'answer';
      /** The session description, opaque to the server. */
      sdp: string;
    }
  /** Addresses at which the device may be reached, as they are found. */
  | {
      type: 'candidates';
      /** 1 to 32 of them. */
      candidates: IceCandidate[];
    }
  /** A device of the other rings. Handed on only to who may know the other's presence. */
  | {
      type: 'ringing';
    }
  /** Ends the call, or declines it. */
  | {
      type: 'hangup';
      /** Why. */
      reason: HangupReason;
    };

/** A ticket. */
export interface TicketView {
  ticket: string;
  /** Seconds. */
  expires_in: number;
}

/**
 * A moment in UTC, in whole milliseconds (the coarsest of our backends' clocks).
 *
 * On the wire it is RFC 3339 with three decimals: `2026-01-31T12:00:00.250Z`.
 */
export type Timestamp = string;

/** Typing, or no longer. */
export interface Typing {
  /** Where. */
  conversation_id: ConversationId;
  /** False to say that one stopped; true if absent. */
  active?: boolean;
}

/** An uploaded object. */
export type UploadId = string;

/** An upload of one's own. */
export type UploadView = AttachmentView & {
  /** What it is for. */
  purpose: Purpose;
  /** When it came. */
  created_at: Timestamp;
};

/** Whoever the host says it is: the host's own id as text, opaque to us. Cheap to clone. */
export type UserId = string;

/** A page of users. */
export interface UserPage {
  /** The users. */
  items: ProfileView[];
  /** The next page's `cursor`; absent at the end. */
  next_cursor?: string;
}

/** Users to watch, or no longer. */
export interface Watch {
  /** At most 500. */
  user_ids: UserId[];
}
