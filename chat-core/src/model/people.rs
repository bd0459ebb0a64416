//! What users decide about each other.

use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// One user's block of another. It works in both directions; only one of the two made it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// Who made it.
    pub by: UserId,
    /// Whom it is against.
    pub other: UserId,
}

/// What a wish to block came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocking {
    /// From now on.
    New,
    /// It stood already.
    Known,
    /// The user blocks as many as allowed.
    Full,
}

/// Whom something of a user is shown to, of those who may know of the user at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Audience {
    /// All of them.
    #[default]
    Everyone,
    /// None of them.
    Nobody,
}

/// What a user lets others see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Privacy {
    /// Whether the user is there, and was when. Who shows it to nobody is shown nobody's.
    pub last_seen: Audience,
}
