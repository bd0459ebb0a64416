//! A user as others may see them.

use crate::id::{UploadId, UserId};

/// What one user may know of another: never an e-mail address, a phone number or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Whose profile.
    pub id: UserId,
    /// The unique name that people type to find someone, if the host has such names.
    pub username: Option<String>,
    /// The name to show.
    pub display_name: String,
    /// A picture kept by our uploader.
    pub avatar: Option<UploadId>,
    /// A picture kept elsewhere, as an absolute URL; used when `avatar` is none.
    pub avatar_url: Option<String>,
}

impl Profile {
    /// A profile with a name to show, and nothing else.
    #[must_use]
    pub fn new(id: UserId, display_name: impl Into<String>) -> Self {
        Self {
            id,
            username: None,
            display_name: display_name.into(),
            avatar: None,
            avatar_url: None,
        }
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the listing's order.
    pub items: Vec<T>,
    /// Where the next page starts; none at the end.
    pub next: Option<String>,
}
