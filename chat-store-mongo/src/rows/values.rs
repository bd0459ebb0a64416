//! Single values, as fields have them.

use chat_core::id::{Rev, Seq, UserId};
use chat_core::model::{Audience, ConversationKind, MediaType, MessageKind, Role};
use chat_core::store::StoreError;
use uuid::Uuid;

use crate::error::odd;

/// An id as MongoDB has it: a binary of subtype 4, which sorts by its bytes.
pub(crate) fn binary(id: Uuid) -> bson::Uuid {
    bson::Uuid::from_bytes(id.into_bytes())
}

/// Ids, for `$in`.
pub(crate) fn binaries(ids: impl IntoIterator<Item = Uuid>) -> Vec<bson::Uuid> {
    ids.into_iter().map(binary).collect()
}

/// Texts, for `$in`.
pub(crate) fn texts<'a>(users: impl IntoIterator<Item = &'a UserId>) -> Vec<&'a str> {
    users.into_iter().map(UserId::as_str).collect()
}

pub(crate) fn plain(id: bson::Uuid) -> Uuid {
    Uuid::from_bytes(id.bytes())
}

pub(crate) fn user(text: &str) -> Result<UserId, StoreError> {
    UserId::new(text).map_err(|_| odd("a user id that is none"))
}

pub(crate) fn seq(number: i64) -> Result<Seq, StoreError> {
    Seq::new(number).ok_or_else(|| odd("a negative seq"))
}

pub(crate) fn rev(number: i64) -> Result<Rev, StoreError> {
    Rev::new(number).ok_or_else(|| odd("a negative rev"))
}

pub(crate) fn unsigned(number: i64) -> Result<u64, StoreError> {
    number.try_into().map_err(|_| odd("a negative count"))
}

pub(crate) fn narrow(number: i64) -> Result<u32, StoreError> {
    number.try_into().map_err(|_| odd("a count out of range"))
}

/// Counts up to 2^63 are kept; nothing here comes near.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) const fn kind_number(kind: ConversationKind) -> i64 {
    match kind {
        ConversationKind::Direct => 1,
        ConversationKind::Group => 2,
    }
}

pub(crate) fn kind(number: i64) -> Result<ConversationKind, StoreError> {
    match number {
        1 => Ok(ConversationKind::Direct),
        2 => Ok(ConversationKind::Group),
        _ => Err(odd("an unknown kind of conversation")),
    }
}

pub(crate) const fn audience_number(audience: Audience) -> i64 {
    match audience {
        Audience::Everyone => 1,
        Audience::Nobody => 2,
    }
}

pub(crate) fn audience(number: i64) -> Result<Audience, StoreError> {
    match number {
        1 => Ok(Audience::Everyone),
        2 => Ok(Audience::Nobody),
        _ => Err(odd("an unknown audience")),
    }
}

pub(crate) const fn role_number(role: Role) -> i64 {
    match role {
        Role::Member => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    }
}

pub(crate) fn role(number: i64) -> Result<Role, StoreError> {
    match number {
        1 => Ok(Role::Member),
        2 => Ok(Role::Admin),
        3 => Ok(Role::Owner),
        _ => Err(odd("an unknown role")),
    }
}

pub(crate) const fn message_kind_number(kind: MessageKind) -> i64 {
    match kind {
        MessageKind::Text => 1,
        MessageKind::Image => 2,
        MessageKind::Deleted => 3,
        MessageKind::Video => 4,
        MessageKind::Audio => 5,
        MessageKind::File => 6,
    }
}

pub(super) fn message_kind(number: i64) -> Result<MessageKind, StoreError> {
    match number {
        1 => Ok(MessageKind::Text),
        2 => Ok(MessageKind::Image),
        3 => Ok(MessageKind::Deleted),
        4 => Ok(MessageKind::Video),
        5 => Ok(MessageKind::Audio),
        6 => Ok(MessageKind::File),
        _ => Err(odd("an unknown kind of message")),
    }
}

pub(super) fn media_type(text: &str) -> Result<MediaType, StoreError> {
    MediaType::parse(text).ok_or_else(|| odd("an unknown media type"))
}
