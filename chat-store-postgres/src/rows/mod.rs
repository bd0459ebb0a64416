//! Rows as Postgres has them, and what they are to the domain.

mod accounts;
mod columns;
mod conversations;
mod messages;
mod reactions;
mod uploads;
mod values;

use chat_core::store::StoreError;

pub(crate) use accounts::{AccountRow, LoginRow, PushRow};
pub(crate) use columns::Columns;
pub(crate) use conversations::{ConversationRow, MemberRow};
pub(crate) use messages::{MessageRow, TextRow, json_list};
pub(crate) use reactions::{ReactedRow, ReactorRow};
pub(crate) use uploads::UploadRow;
pub(crate) use values::{
    audience, audience_number, kind, kind_number, message_kind_number, rev, role, role_number,
    scope, seq, signed, texts, unsigned, user,
};

/// Converts rows.
pub(crate) fn all<R, T: TryFrom<R, Error = StoreError>>(
    rows: Vec<R>,
) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}
