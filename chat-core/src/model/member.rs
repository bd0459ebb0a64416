//! A user in a conversation: role and markers.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, Rev, Seq, Timestamp, UserId};
use crate::model::ConversationKind;

/// What a member may do, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Reads and writes.
    Member,
    /// Also renames, adds members and removes plain members.
    Admin,
    /// Also gives and takes roles and removes anyone. A group with members has at least one.
    Owner,
}

/// How far a member has received and read. Both only grow; `read` never passes `delivered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Markers {
    /// Every message up to here has reached one of the member's devices.
    pub delivered: Seq,
    /// Every message up to here has been read.
    pub read: Seq,
}

/// A member, or the tombstone of one who left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Role; of a tombstone, the last one.
    pub role: Role,
    /// False for a tombstone: the user left or was removed at `rev`.
    pub active: bool,
    /// When the user last joined.
    pub joined_at: Timestamp,
    /// Rev of the last change of this membership. Markers take none.
    pub rev: Rev,
    /// The member sees messages with a seq above this one.
    pub visible_from: Seq,
    /// How far the member is.
    pub markers: Markers,
}

/// Which marker moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MarkKind {
    /// Messages reached a device.
    Delivered,
    /// Messages were read, and so delivered.
    Read,
}

/// A member's wish to move a marker of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub conversation: ConversationId,
    /// Whose marker.
    pub user: UserId,
    /// Which one.
    pub kind: MarkKind,
    /// How far; a place already passed is no error and moves nothing.
    pub seq: Seq,
}

/// Where a marker stands after a [`Mark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// The markers now.
    pub markers: Markers,
    /// Whether this mark moved them.
    pub moved: bool,
    /// The conversation's kind: who hears of it depends on it.
    pub kind: ConversationKind,
    /// How many members the conversation has: who hears of it depends on it.
    pub member_count: u32,
    /// Whether a block stands between the two of a direct conversation: then the other side does not
    /// hear of it.
    pub barred: bool,
}
