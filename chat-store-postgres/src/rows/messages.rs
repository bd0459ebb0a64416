//! Messages.

use chat_core::id::{ClientId, ConversationId, MessageId, Timestamp};
use chat_core::model::{Attachment, KeptText, Message, Quoted, ReactionSummary};
use chat_core::store::StoreError;
use sqlx::types::Json;
use uuid::Uuid;

use super::columns::{Columns, row};
use super::values::{fingerprint, message_kind, rev, seq, user};
use crate::error::odd;

row! {
    MessageRow {
        id: Uuid,
        conversation: Uuid,
        seq: i64,
        rev: i64,
        sender: String,
        client_id: Option<String>,
        kind: i16,
        text: String,
        attachments: Option<Json<Vec<Attachment>>>,
        reply_id: Option<Uuid>,
        reply_seq: Option<i64>,
        created_at: i64,
        first_rev: Option<i64>,
        edited_at: Option<i64>,
        reactions: Option<Json<Vec<ReactionSummary>>>,
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let client_id = row.client_id.map(ClientId::new).transpose();
        let reply_to = match (row.reply_id, row.reply_seq) {
            (Some(id), Some(number)) => Some(Quoted {
                id: MessageId::from_uuid(id),
                seq: seq(number)?,
            }),
            _ => None,
        };
        Ok(Self {
            id: MessageId::from_uuid(row.id),
            conversation: ConversationId::from_uuid(row.conversation),
            seq: seq(row.seq)?,
            rev: rev(row.rev)?,
            sender: user(&row.sender)?,
            client_id: client_id.map_err(|_| odd("a client id that is none"))?,
            kind: message_kind(row.kind)?,
            text: row.text,
            attachments: row.attachments.map(|Json(found)| found).unwrap_or_default(),
            reply_to,
            created_at: Timestamp::from_millis(row.created_at),
            first_rev: rev(row.first_rev.unwrap_or(row.rev))?,
            edited_at: row.edited_at.map(Timestamp::from_millis),
            reactions: row.reactions.map(|Json(found)| found).unwrap_or_default(),
        })
    }
}

/// A list as JSON, if there is anything in it.
pub(crate) fn json_list<T>(list: &[T]) -> Option<Json<&[T]>> {
    (!list.is_empty()).then_some(Json(list))
}

row! {
    TextRow {
        id: Uuid,
        conversation: Uuid,
        sender: String,
        text: String,
        fingerprint: Vec<u8>,
    }
}

impl TryFrom<TextRow> for KeptText {
    type Error = StoreError;

    fn try_from(row: TextRow) -> Result<Self, StoreError> {
        Ok(Self {
            message: MessageId::from_uuid(row.id),
            conversation: ConversationId::from_uuid(row.conversation),
            sender: user(&row.sender)?,
            text: row.text,
            fingerprint: fingerprint(&row.fingerprint)?,
        })
    }
}
