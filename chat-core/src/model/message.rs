//! One entry of a conversation's history.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UploadId, UserId};
use crate::model::{FileName, Markers, MediaType, ReactionSummary};

/// What a message mainly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MessageKind {
    /// Text alone.
    Text,
    /// One or more images, with or without text.
    Image,
    /// One or more videos, with or without text.
    Video,
    /// One or more sounds, with or without text.
    Audio,
    /// Other files, or files of several kinds, with or without text.
    File,
    /// Nothing any more: the content was taken away, the place in the order stays.
    Deleted,
}

/// A message as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Where it is.
    pub conversation: ConversationId,
    /// Its number in the conversation.
    pub seq: Seq,
    /// Rev of its last change.
    pub rev: Rev,
    /// Who sent it.
    pub sender: UserId,
    /// The sender's own id for it.
    pub client_id: Option<ClientId>,
    /// What it mainly is.
    pub kind: MessageKind,
    /// The text, verbatim; may be empty beside attachments.
    pub text: String,
    /// What is attached, in the sender's order.
    pub attachments: Vec<Attachment>,
    /// The message that this one answers.
    pub reply_to: Option<Quoted>,
    /// When the server took it; for people, nothing is ordered by it.
    pub created_at: Timestamp,
    /// The rev that it was stored at; below `rev` once it was revised.
    pub first_rev: Rev,
    /// When its text was last edited.
    pub edited_at: Option<Timestamp>,
    /// How often it has which reaction, in the order of the reactions' bytes.
    pub reactions: Vec<ReactionSummary>,
}

impl Message {
    /// What is left of it once it is deleted: its place, its sender and the client id that it was sent
    /// under.
    #[must_use]
    pub fn tombstone(&self) -> Self {
        Self {
            kind: MessageKind::Deleted,
            text: String::new(),
            attachments: Vec::new(),
            reply_to: None,
            edited_at: None,
            reactions: Vec::new(),
            ..self.clone()
        }
    }
}

/// An upload as it was when it was attached; kept inside the message, so that a page of
/// history needs no further query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The upload.
    pub upload: UploadId,
    /// What its bytes are, by our own detection.
    pub content_type: MediaType,
    /// Size in bytes.
    pub size: u64,
    /// Width of a picture in pixels.
    #[serde(default)]
    pub width: Option<u32>,
    /// Height of a picture in pixels.
    #[serde(default)]
    pub height: Option<u32>,
    /// What the file was called where it came from.
    #[serde(default)]
    pub name: Option<FileName>,
    /// Whether a smaller picture is kept beside it.
    pub has_thumbnail: bool,
    /// Where the uploader serves it itself; none if the transport serves it.
    pub url: Option<String>,
}

/// The place of another message of the same conversation. It carries no text, so that nothing
/// leaks to a member who may not see that far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted {
    /// The message.
    pub id: MessageId,
    /// Its number.
    pub seq: Seq,
}

/// How far a message has come, for its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MessageStatus {
    /// Stored.
    Sent,
    /// Reached every other member.
    Delivered,
    /// Read by every other member.
    Read,
}

impl MessageStatus {
    /// The status of message `seq`, derived from the markers of everyone but its sender.
    ///
    /// A message without other members stays [`Self::Sent`].
    #[must_use]
    pub fn derive(seq: Seq, others: impl IntoIterator<Item = Markers>) -> Self {
        others
            .into_iter()
            .map(|markers| match () {
                () if markers.read >= seq => Self::Read,
                () if markers.delivered >= seq => Self::Delivered,
                () => Self::Sent,
            })
            .min()
            .unwrap_or(Self::Sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(delivered: i64, read: i64) -> Markers {
        Markers {
            delivered: Seq::new(delivered).unwrap(),
            read: Seq::new(read).unwrap(),
        }
    }

    #[test]
    fn a_message_is_as_far_as_the_slowest_of_the_others() {
        let seq = Seq::new(5).unwrap();

        assert_eq!(MessageStatus::derive(seq, []), MessageStatus::Sent);
        assert_eq!(MessageStatus::derive(seq, [at(4, 4)]), MessageStatus::Sent);
        assert_eq!(
            MessageStatus::derive(seq, [at(5, 4), at(9, 9)]),
            MessageStatus::Delivered
        );
        assert_eq!(
            MessageStatus::derive(seq, [at(5, 5), at(9, 9)]),
            MessageStatus::Read
        );
    }
}
