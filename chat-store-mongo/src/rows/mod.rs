//! Documents as MongoDB has them, and what they are to the domain.
//!
//! Times are whole milliseconds and all numbers 64 bits wide, as in every other store.

mod accounts;
mod conversations;
mod messages;
mod people;
mod reactions;
mod uploads;
mod values;

use chat_core::store::StoreError;
use serde::{Deserialize, Serialize};

pub(crate) use accounts::{AccountRow, LoginRow, PushRow};
pub(crate) use conversations::{ConversationRow, HeadRow, JoinsRow, MemberKey, MemberRow};
pub(crate) use messages::{MessageRow, TextRow};
pub(crate) use people::{BlockKey, BlockRow, PrivacyRow, SeenRow};
pub(crate) use reactions::{ReactionKey, ReactionRow};
pub(crate) use uploads::UploadRow;
pub(crate) use values::{
    audience, audience_number, binaries, binary, kind, kind_number, message_kind_number, narrow,
    plain, rev, role, role_number, seq, signed, texts, unsigned, user,
};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MetaRow {
    #[serde(rename = "_id")]
    pub(crate) only: i64,
    pub(crate) epoch: bson::Uuid,
}

/// Converts rows.
pub(crate) fn all<R, T: TryFrom<R, Error = StoreError>>(
    rows: Vec<R>,
) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}
