//! Bodies of what is about Web Push.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::Timestamp;
use crate::model::PushSubscription;

/// The key that browsers subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushKeyView {
    /// The `applicationServerKey`, as base64url without padding.
    pub key: String,
}

/// A browser's `PushSubscription` to be pushed to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushSubscriptionBody {
    /// Its `endpoint`.
    pub endpoint: String,
    /// Its key `p256dh`, as base64url without padding.
    pub p256dh: String,
    /// Its key `auth`, as base64url without padding.
    pub auth: String,
}

impl fmt::Debug for PushSubscriptionBody {
    /// Without anything of it: whoever knows it may push to the browser.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushSubscriptionBody")
            .finish_non_exhaustive()
    }
}

/// A browser not to be pushed to any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushEndpoint {
    /// Its `endpoint`.
    pub endpoint: String,
}

/// A browser of one's own that is pushed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushSubscriptionView {
    /// Its `endpoint`.
    pub endpoint: String,
    /// Since when.
    pub created_at: Timestamp,
}

impl From<PushSubscription> for PushSubscriptionView {
    fn from(subscription: PushSubscription) -> Self {
        Self {
            endpoint: subscription.endpoint,
            created_at: subscription.created_at,
        }
    }
}

/// One's browsers that are pushed to, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushSubscriptionList {
    /// They.
    pub items: Vec<PushSubscriptionView>,
}
