//! Conversations and their members.

use chat_core::id::{ConversationId, Timestamp, UploadId};
use chat_core::model::{Conversation, Markers, Member};
use chat_core::store::StoreError;
use uuid::Uuid;

use super::columns::{Columns, row};
use super::values::{kind, narrow, rev, role, seq, user};

row! {
    ConversationRow {
        id: Uuid,
        kind: i64,
        name: Option<String>,
        avatar: Option<Uuid>,
        created_by: String,
        created_at: i64,
        active_at: i64,
        last_seq: i64,
        rev: i64,
        settings_rev: i64,
        member_count: i64,
    }
}

impl TryFrom<ConversationRow> for Conversation {
    type Error = StoreError;

    fn try_from(row: ConversationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ConversationId::from_uuid(row.id),
            kind: kind(row.kind)?,
            name: row.name,
            avatar: row.avatar.map(UploadId::from_uuid),
            created_by: user(&row.created_by)?,
            created_at: Timestamp::from_millis(row.created_at),
            last_seq: seq(row.last_seq)?,
            rev: rev(row.rev)?,
            settings_rev: rev(row.settings_rev)?,
            member_count: narrow(row.member_count)?,
        })
    }
}

row! {
    MemberRow {
        conversation: Uuid,
        user: String,
        role: i64,
        active: bool,
        joined_at: i64,
        rev: i64,
        visible_from: i64,
        delivered: i64,
        read: i64,
    }
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
