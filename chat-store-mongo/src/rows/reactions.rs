//! Reactions.

use chat_core::id::{ConversationId, Timestamp};
use chat_core::model::{Reacted, Reaction, ReactionSummary, Reactor};
use chat_core::store::StoreError;
use serde::{Deserialize, Serialize};

use super::values::{plain, rev, seq, unsigned, user};

/// The order of the fields counts: the audit compares documents whole.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SummaryRow {
    reaction: String,
    count: i64,
    users: Vec<String>,
}

impl TryFrom<SummaryRow> for ReactionSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        let users = row.users.iter().map(|name| user(name));
        Ok(Self {
            reaction: Reaction::new(row.reaction).map_err(StoreError::corrupt)?,
            count: unsigned(row.count)?,
            users: users.collect::<Result<_, _>>()?,
        })
    }
}

/// The key of a reaction: the order of the fields counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReactionKey {
    pub(crate) m: bson::Uuid,
    pub(crate) r: String,
    pub(crate) u: String,
}

/// A reaction that a user gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReactionRow {
    #[serde(rename = "_id")]
    pub(crate) id: ReactionKey,
    pub(crate) message: bson::Uuid,
    pub(crate) conversation: bson::Uuid,
    pub(crate) seq: i64,
    pub(crate) reaction: String,
    pub(crate) user: String,
    pub(crate) rev: i64,
    pub(crate) at: i64,
}

impl TryFrom<ReactionRow> for Reactor {
    type Error = StoreError;

    fn try_from(row: ReactionRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: user(&row.user)?,
            rev: rev(row.rev)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}

impl TryFrom<ReactionRow> for Reacted {
    type Error = StoreError;

    fn try_from(row: ReactionRow) -> Result<Self, StoreError> {
        Ok(Self {
            conversation: ConversationId::from_uuid(plain(row.conversation)),
            seq: seq(row.seq)?,
            reaction: Reaction::new(row.reaction).map_err(StoreError::corrupt)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}
