//! Messages.

use bson::Binary;
use bson::spec::BinarySubtype;
use chat_core::id::{ClientId, ConversationId, MessageId, Timestamp, UploadId};
use chat_core::model::{Attachment, Draft, FileName, Fingerprint, KeptText, Message, Quoted};
use chat_core::store::StoreError;
use serde::{Deserialize, Serialize};

use super::all;
use super::reactions::SummaryRow;
use super::values::{
    binary, media_type, message_kind, message_kind_number, narrow, plain, rev, seq, signed,
    unsigned, user,
};
use crate::error::odd;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AttachmentRow {
    upload: bson::Uuid,
    content_type: String,
    size: i64,
    width: Option<i64>,
    height: Option<i64>,
    name: Option<String>,
    has_thumbnail: bool,
    url: Option<String>,
}

impl From<&Attachment> for AttachmentRow {
    fn from(attachment: &Attachment) -> Self {
        Self {
            upload: binary(attachment.upload.as_uuid()),
            content_type: attachment.content_type.as_str().to_owned(),
            size: signed(attachment.size),
            width: attachment.width.map(i64::from),
            height: attachment.height.map(i64::from),
            name: attachment.name.as_ref().map(ToString::to_string),
            has_thumbnail: attachment.has_thumbnail,
            url: attachment.url.clone(),
        }
    }
}

impl TryFrom<AttachmentRow> for Attachment {
    type Error = StoreError;

    fn try_from(row: AttachmentRow) -> Result<Self, StoreError> {
        Ok(Self {
            upload: UploadId::from_uuid(plain(row.upload)),
            content_type: media_type(&row.content_type)?,
            size: unsigned(row.size)?,
            width: row.width.map(narrow).transpose()?,
            height: row.height.map(narrow).transpose()?,
            name: row.name.as_deref().and_then(FileName::clean),
            has_thumbnail: row.has_thumbnail,
            url: row.url,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReplyRow {
    id: bson::Uuid,
    seq: i64,
}

/// A message's text, without the rest of it.
#[derive(Debug, Deserialize)]
pub(crate) struct TextRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    conversation: bson::Uuid,
    sender: String,
    text: String,
    fingerprint: Binary,
}

impl TryFrom<TextRow> for KeptText {
    type Error = StoreError;

    fn try_from(row: TextRow) -> Result<Self, StoreError> {
        let fingerprint = row.fingerprint.bytes.as_slice().try_into();
        Ok(Self {
            message: MessageId::from_uuid(plain(row.id)),
            conversation: ConversationId::from_uuid(plain(row.conversation)),
            sender: user(&row.sender)?,
            text: row.text,
            fingerprint: fingerprint.map_err(StoreError::corrupt)?,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) conversation: bson::Uuid,
    pub(crate) seq: i64,
    pub(crate) rev: i64,
    pub(crate) sender: String,
    // The unique index is of those documents that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    pub(crate) fingerprint: Binary,
    pub(crate) kind: i64,
    pub(crate) text: String,
    /// What the search looks for; nobody reads it.
    #[serde(default, skip_deserializing)]
    pub(crate) words: Vec<String>,
    pub(crate) attachments: Vec<AttachmentRow>,
    pub(crate) reply_to: Option<ReplyRow>,
    pub(crate) created_at: i64,
    /// None of a message that was never revised: it is its rev.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_rev: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) edited_at: Option<i64>,
    /// A summary of what is in the collection of reactions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reactions: Vec<SummaryRow>,
}

impl MessageRow {
    pub(crate) fn of(draft: &Draft, message: &Message) -> Self {
        let reply = |quoted: Quoted| ReplyRow {
            id: binary(quoted.id.as_uuid()),
            seq: quoted.seq.get(),
        };
        Self {
            id: binary(message.id.as_uuid()),
            conversation: binary(message.conversation.as_uuid()),
            seq: message.seq.get(),
            rev: message.rev.get(),
            sender: message.sender.as_str().to_owned(),
            client_id: message.client_id.as_ref().map(|id| id.as_str().to_owned()),
            fingerprint: Binary {
                subtype: BinarySubtype::Generic,
                bytes: draft.fingerprint().to_vec(),
            },
            kind: message_kind_number(message.kind),
            text: message.text.clone(),
            words: draft.words(),
            attachments: message.attachments.iter().map(Into::into).collect(),
            reply_to: message.reply_to.map(reply),
            created_at: message.created_at.as_millis(),
            first_rev: None,
            edited_at: None,
            reactions: Vec::new(),
        }
    }

    pub(crate) fn fingerprint(&self) -> Result<Fingerprint, StoreError> {
        let bytes = self.fingerprint.bytes.as_slice();
        bytes.try_into().map_err(StoreError::corrupt)
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let client_id = row.client_id.map(ClientId::new).transpose();
        let reply = |row: ReplyRow| -> Result<Quoted, StoreError> {
            Ok(Quoted {
                id: MessageId::from_uuid(plain(row.id)),
                seq: seq(row.seq)?,
            })
        };
        Ok(Self {
            id: MessageId::from_uuid(plain(row.id)),
            conversation: ConversationId::from_uuid(plain(row.conversation)),
            seq: seq(row.seq)?,
            rev: rev(row.rev)?,
            sender: user(&row.sender)?,
            client_id: client_id.map_err(|_| odd("a client id that is none"))?,
            kind: message_kind(row.kind)?,
            text: row.text,
            attachments: all(row.attachments)?,
            reply_to: row.reply_to.map(reply).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            first_rev: rev(row.first_rev.unwrap_or(row.rev))?,
            edited_at: row.edited_at.map(Timestamp::from_millis),
            reactions: all(row.reactions)?,
        })
    }
}
