//! Reactions.

use chat_core::id::{ConversationId, Timestamp};
use chat_core::model::{Reacted, Reaction, Reactor};
use chat_core::store::StoreError;
use uuid::Uuid;

use super::columns::{Columns, row};
use super::values::{rev, seq, user};

row! {
    ReactorRow {
        user_id: String,
        rev: i64,
        at: i64,
    }
}

impl TryFrom<ReactorRow> for Reactor {
    type Error = StoreError;

    fn try_from(row: ReactorRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: user(&row.user_id)?,
            rev: rev(row.rev)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}

row! {
    ReactedRow {
        conversation: Uuid,
        seq: i64,
        reaction: String,
        at: i64,
    }
}

impl TryFrom<ReactedRow> for Reacted {
    type Error = StoreError;

    fn try_from(row: ReactedRow) -> Result<Self, StoreError> {
        Ok(Self {
            conversation: ConversationId::from_uuid(row.conversation),
            seq: seq(row.seq)?,
            reaction: Reaction::new(row.reaction).map_err(StoreError::corrupt)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}
