//! Whether a user is there.

use crate::id::{Timestamp, UserId};

/// A user's presence as others may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// Whether at least one device is connected.
    pub online: bool,
    /// When the last device went away; none while online or if never seen.
    pub last_seen: Option<Timestamp>,
}
