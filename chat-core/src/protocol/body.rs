//! Bodies of REST requests and answers.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, Epoch, MessageId, Seq, UploadId, UserId};
use crate::model::{Audience, ConversationKind, MessageKind, Role};
use crate::protocol::{
    BlockView, Code, ConversationView, InboxView, MarkersView, MemberView, MessageView,
    ProfileView, ReactorView,
};

/// An error answer: problem details (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: the code tells the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// What went wrong, in words for developers.
    pub detail: String,
    /// The request's id, as in `X-Request-Id` and the logs.
    pub request_id: String,
    /// The field that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// A message to send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageBody {
    /// The text; may be empty beside uploads.
    #[serde(default)]
    pub content: String,
    /// What it mainly is; told by the uploads if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_type: Option<MessageKind>,
    /// The sender's own id for it: repeat it to send exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to_id: Option<MessageId>,
    /// Uploads of one's own to attach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upload_ids: Vec<UploadId>,
}

impl MessageBody {
    /// A text, and nothing else.
    #[must_use]
    pub fn text(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            ..Self::default()
        }
    }

    /// The same under a client id.
    #[must_use]
    pub fn with_client_id(mut self, client_id: ClientId) -> Self {
        self.client_id = Some(client_id);
        self
    }
}

/// Another text for a message of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EditBody {
    /// The text; may be empty beside attachments.
    pub content: String,
}

/// A conversation to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewConversationBody {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    /// For a direct one: the other user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<UserId>,
    /// For a group: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For a group: the other members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participant_ids: Vec<UserId>,
}

/// What to change of a group; absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationUpdate {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another picture: an upload of one's own made as an avatar; `null` for none.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub avatar_id: Option<Option<UploadId>>,
}

/// Tells `null` from absent: a present field is `Some`, whatever it holds.
fn present<'de, D, T>(input: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(input).map(Some)
}

/// Users to add to a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddMembers {
    /// Who.
    pub participant_ids: Vec<UserId>,
}

/// A role to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleBody {
    /// Which.
    pub role: Role,
}

/// How far one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarkBody {
    /// Everything up to this message.
    pub seq: Seq,
}

/// What to change of what others see; absent fields stay as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrivacyUpdate {
    /// Who sees whether one is there, and was when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Audience>,
}

/// A page of those whom one blocks, by user id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlockPage {
    /// The blocks.
    pub items: Vec<BlockView>,
    /// The profiles of those who are blocked.
    pub users: Vec<ProfileView>,
    /// The next page's `cursor`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserPage {
    /// The users.
    pub items: Vec<ProfileView>,
    /// The next page's `cursor`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of messages that were found, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessagePage {
    /// The messages.
    pub items: Vec<MessageView>,
    /// The senders.
    pub users: Vec<ProfileView>,
    /// The next page's `cursor`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of those who gave a message a reaction, in the order in which they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReactorPage {
    /// Who, and when.
    pub items: Vec<ReactorView>,
    /// Their profiles.
    pub users: Vec<ProfileView>,
    /// The next page's `cursor`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of the inbox, newest activity first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InboxPage {
    /// The rows.
    pub items: Vec<InboxView>,
    /// The other sides of direct conversations and the senders of last messages.
    pub users: Vec<ProfileView>,
    /// The epoch of all revs.
    pub epoch: Epoch,
    /// The next page's `cursor`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One conversation, opened: with its first members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationPage {
    /// The conversation.
    #[serde(flatten)]
    pub conversation: ConversationView,
    /// The user's own membership.
    pub me: MemberView,
    /// Members by user id, at most 256; the rest by the members listing.
    pub members: Vec<MemberView>,
    /// Their profiles.
    pub users: Vec<ProfileView>,
}

/// A page of members, by user id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberPage {
    /// The members.
    pub items: Vec<MemberView>,
    /// Their profiles.
    pub users: Vec<ProfileView>,
    /// The next page's `cursor`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of history, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryPage {
    /// The messages; one's own with their status.
    pub items: Vec<MessageView>,
    /// The senders.
    pub users: Vec<ProfileView>,
    /// The other members' markers, of at most 50 members.
    pub markers: Vec<MarkersView>,
    /// Number of the conversation's last message.
    pub last_seq: Seq,
    /// The lowest seq that the user may see is this one's next.
    pub visible_from: Seq,
}
