//! Conversations and their members.

use chat_core::id::{ConversationId, Timestamp, UploadId};
use chat_core::model::{Conversation, Markers, Member};
use chat_core::store::StoreError;
use serde::{Deserialize, Serialize};

use super::values::{kind, narrow, plain, rev, role, seq, user};

/// How often a user became a member.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct JoinsRow {
    #[serde(rename = "_id")]
    pub(crate) user: String,
    pub(crate) count: i64,
}

/// Where a conversation's log ends.
#[derive(Debug, Deserialize)]
pub(crate) struct HeadRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) rev: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ConversationRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) kind: i64,
    // The unique index is of those documents that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pair: Option<String>,
    pub(crate) name: Option<String>,
    // So is the index by avatar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) avatar: Option<bson::Uuid>,
    pub(crate) created_by: String,
    pub(crate) created_at: i64,
    pub(crate) active_at: i64,
    pub(crate) last_seq: i64,
    pub(crate) rev: i64,
    pub(crate) settings_rev: i64,
    pub(crate) member_count: i64,
}

impl TryFrom<ConversationRow> for Conversation {
    type Error = StoreError;

    fn try_from(row: ConversationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ConversationId::from_uuid(plain(row.id)),
            kind: kind(row.kind)?,
            name: row.name,
            avatar: row.avatar.map(|id| UploadId::from_uuid(plain(id))),
            created_by: user(&row.created_by)?,
            created_at: Timestamp::from_millis(row.created_at),
            last_seq: seq(row.last_seq)?,
            rev: rev(row.rev)?,
            settings_rev: rev(row.settings_rev)?,
            member_count: narrow(row.member_count)?,
        })
    }
}

/// The key of a member: the order of the fields counts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberKey {
    pub(crate) c: bson::Uuid,
    pub(crate) u: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberRow {
    #[serde(rename = "_id")]
    pub(crate) id: MemberKey,
    pub(crate) conversation: bson::Uuid,
    pub(crate) user: String,
    pub(crate) role: i64,
    pub(crate) active: bool,
    pub(crate) joined_at: i64,
    pub(crate) rev: i64,
    pub(crate) visible_from: i64,
    pub(crate) delivered: i64,
    pub(crate) read: i64,
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: user(&row.user)?,
            role: role(row.role)?,
            active: row.active,
            joined_at: Timestamp::from_millis(row.joined_at),
            rev: rev(row.rev)?,
            visible_from: seq(row.visible_from)?,
            markers: Markers {
                delivered: seq(row.delivered)?,
                read: seq(row.read)?,
            },
        })
    }
}
