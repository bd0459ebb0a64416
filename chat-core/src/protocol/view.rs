//! What the wire shows of the domain.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UploadId, UserId};
use crate::model::{
    Attachment, Audience, Conversation, ConversationKind, FileName, InboxEntry, Markers, MediaType,
    Member, Message, MessageKind, MessageStatus, Presence, Privacy, Profile, Purpose, Quoted,
    Reaction, ReactionSummary, Reactor, Role, Upload,
};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// Where it is.
    pub conversation_id: ConversationId,
    /// Its number: 1, 2, 3, ... without gaps.
    pub seq: Seq,
    /// Rev of its last change.
    pub rev: Rev,
    /// Who sent it.
    pub sender_id: UserId,
    /// The sender's own id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// What it mainly is.
    pub message_type: MessageKind,
    /// The text, verbatim; show it as text.
    pub content: String,
    /// What is attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentView>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<QuotedView>,
    /// When the server took it.
    pub created_at: Timestamp,
    /// When its text was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// How often it has which reaction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionView>,
    /// How far it has come; only in answers to its sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageStatus>,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            conversation_id: message.conversation,
            seq: message.seq,
            rev: message.rev,
            sender_id: message.sender,
            client_id: message.client_id,
            message_type: message.kind,
            content: message.text,
            attachments: message.attachments.into_iter().map(Into::into).collect(),
            reply_to: message.reply_to.map(Into::into),
            created_at: message.created_at,
            edited_at: message.edited_at,
            reactions: message.reactions.into_iter().map(Into::into).collect(),
            status: None,
        }
    }
}

/// Where an upload of the transport is read, relative to the API's root.
fn media_url(id: UploadId) -> String {
    format!("uploads/{id}")
}

fn thumbnail_url(id: UploadId) -> String {
    format!("uploads/{id}/thumbnail")
}

/// An image, a video, a sound or another file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttachmentView {
    /// The upload.
    pub id: UploadId,
    /// Where it is read: absolute, or relative to the API's root.
    pub url: String,
    /// Where a smaller picture is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    /// The format.
    pub content_type: MediaType,
    /// Size in bytes.
    pub size: u64,
    /// Width of a picture in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height of a picture in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// What the file was called where it came from; show it as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<FileName>,
}

impl From<Attachment> for AttachmentView {
    fn from(attachment: Attachment) -> Self {
        Self {
            id: attachment.upload,
            url: attachment
                .url
                .unwrap_or_else(|| media_url(attachment.upload)),
            thumbnail_url: attachment
                .has_thumbnail
                .then(|| thumbnail_url(attachment.upload)),
            content_type: attachment.content_type,
            size: attachment.size,
            width: attachment.width,
            height: attachment.height,
            name: attachment.name,
        }
    }
}

/// How often a message has a reaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReactionView {
    /// Which.
    pub reaction: Reaction,
    /// How many users gave it.
    pub count: u64,
    /// The first of them, at most 20, in the order in which they gave it.
    pub user_ids: Vec<UserId>,
}

impl From<ReactionSummary> for ReactionView {
    fn from(summary: ReactionSummary) -> Self {
        Self {
            reaction: summary.reaction,
            count: summary.count,
            user_ids: summary.users,
        }
    }
}

/// A user who gave a reaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReactorView {
    /// Who.
    pub user_id: UserId,
    /// When.
    pub reacted_at: Timestamp,
}

impl From<Reactor> for ReactorView {
    fn from(reactor: Reactor) -> Self {
        Self {
            user_id: reactor.user,
            reacted_at: reactor.at,
        }
    }
}

/// The place of the message that another one answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuotedView {
    /// The message.
    pub id: MessageId,
    /// Its number in the same conversation.
    pub seq: Seq,
}

impl From<Quoted> for QuotedView {
    fn from(quoted: Quoted) -> Self {
        Self {
            id: quoted.id,
            seq: quoted.seq,
        }
    }
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationView {
    /// Its id.
    pub id: ConversationId,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    /// Its name; none for direct ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Number of the last message; 0 while there is none.
    pub last_seq: Seq,
    /// Number of the last change.
    pub rev: Rev,
    /// How many members there are.
    pub member_count: u32,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id,
            kind: conversation.kind,
            name: conversation.name,
            avatar_url: conversation.avatar.map(media_url),
            created_by: conversation.created_by,
            created_at: conversation.created_at,
            last_seq: conversation.last_seq,
            rev: conversation.rev,
            member_count: conversation.member_count,
        }
    }
}

/// A member of a conversation, or one who left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// Who.
    pub user_id: UserId,
    /// Role.
    pub role: Role,
    /// False for one who left or was removed.
    pub active: bool,
    /// When the user joined.
    pub joined_at: Timestamp,
    /// Rev of the last change of this membership.
    pub rev: Rev,
    /// Everything up to here has reached a device of the member.
    pub delivered_seq: Seq,
    /// Everything up to here has been read.
    pub read_seq: Seq,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user,
            role: member.role,
            active: member.active,
            joined_at: member.joined_at,
            rev: member.rev,
            delivered_seq: member.markers.delivered,
            read_seq: member.markers.read,
        }
    }
}

/// How far a member is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarkersView {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user_id: UserId,
    /// Everything up to here has reached a device.
    pub delivered_seq: Seq,
    /// Everything up to here has been read.
    pub read_seq: Seq,
}

impl MarkersView {
    /// The markers of `user_id` in `conversation_id`.
    #[must_use]
    pub const fn new(conversation_id: ConversationId, user_id: UserId, markers: Markers) -> Self {
        Self {
            conversation_id,
            user_id,
            delivered_seq: markers.delivered,
            read_seq: markers.read,
        }
    }
}

/// Whether a user is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PresenceView {
    /// Who.
    pub user_id: UserId,
    /// Whether a device is connected.
    pub online: bool,
    /// When the last device went away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

impl From<Presence> for PresenceView {
    fn from(presence: Presence) -> Self {
        Self {
            user_id: presence.user,
            online: presence.online,
            last_seen: presence.last_seen,
        }
    }
}

/// A user as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileView {
    /// Whose profile.
    pub id: UserId,
    /// The unique name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The name to show.
    pub display_name: String,
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Whether a device is connected; only where presence was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// When the last device went away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id,
            username: profile.username,
            display_name: profile.display_name,
            avatar_url: profile.avatar.map(media_url).or(profile.avatar_url),
            online: None,
            last_seen: None,
        }
    }
}

/// Somebody whom one blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlockView {
    /// Whom.
    pub user_id: UserId,
    /// Since when.
    pub blocked_at: Timestamp,
}

/// What a user lets others see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrivacyView {
    /// Who sees whether one is there, and was when.
    pub last_seen: Audience,
}

impl From<Privacy> for PrivacyView {
    fn from(privacy: Privacy) -> Self {
        Self {
            last_seen: privacy.last_seen,
        }
    }
}

/// A row of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InboxView {
    /// The conversation.
    #[serde(flatten)]
    pub conversation: ConversationView,
    /// How many messages the user has not read.
    pub unread_count: u64,
    /// The last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<MessageView>,
    /// The user's own membership.
    pub me: MemberView,
    /// The other side of a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<MemberView>,
}

impl From<InboxEntry> for InboxView {
    fn from(entry: InboxEntry) -> Self {
        Self {
            unread_count: entry.unread(),
            conversation: entry.conversation.into(),
            last_message: entry.last_message.map(Into::into),
            me: entry.me.into(),
            peer: entry.peer.map(Into::into),
        }
    }
}

/// An upload of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadView {
    /// The upload; name it in `upload_ids` of a message, or as an avatar.
    #[serde(flatten)]
    pub attachment: AttachmentView,
    /// What it is for.
    pub purpose: Purpose,
    /// When it came.
    pub created_at: Timestamp,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        Self {
            attachment: upload.attachment().into(),
            purpose: upload.purpose,
            created_at: upload.created_at,
        }
    }
}
