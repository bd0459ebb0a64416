//! Where a user's browser takes pushes.

use std::fmt;

use crate::id::{LoginId, Timestamp, UserId};

/// A browser's subscription to Web Push, as its `PushSubscription` tells it. Whoever knows all of it may push to the
/// browser, so its `Debug` tells neither the endpoint nor the keys.
#[derive(Clone, PartialEq, Eq)]
pub struct PushSubscription {
    /// The URL to push to; it is the subscription's identity.
    pub endpoint: String,
    /// Whose browser it is.
    pub user: UserId,
    /// The login session that subscribed, if there are such: a subscription is good as long as its login is.
    pub login: Option<LoginId>,
    /// The browser's public key on the curve P-256, uncompressed, as base64url without padding.
    pub p256dh: String,
    /// The secret that the browser shares with whoever pushes: 16 bytes as base64url without padding.
    pub auth: String,
    /// When it was made or replaced.
    pub created_at: Timestamp,
}

impl fmt::Debug for PushSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushSubscription")
            .field("user", &self.user)
            .field("login", &self.login)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}
