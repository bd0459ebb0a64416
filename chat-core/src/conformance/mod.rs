//! The public suite that every backend must pass, ours and yours.
//!
//! Each case is a sentence of a port's `# Contract`. A backend enrols with one macro and a function
//! that makes it fresh; every case becomes a test of its own, and goes through `Arc<dyn Port>`:
//!
//! ```
//! # // The macro makes tests; here it only has to compile.
//! use chat_core::conformance::Ports;
//! use chat_core::memory::MemoryStore;
//!
//! /// A fresh, empty backend, and whatever must live as long as it does.
//! async fn fresh() -> (Ports, ()) {
//!     (Ports::of(&MemoryStore::new()), ())
//! }
//!
//! chat_core::store_conformance!(fresh);
//! # fn main() {}
//! ```
//!
//! The tests need `tokio` with `rt-multi-thread` and `macros`. [`model`] runs random histories
//! against a simple model besides.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case that fails panics: that is what it is for"
)]

pub mod accounts;
pub mod append;
pub mod bus;
mod cases;
pub mod changes;
pub mod conversations;
mod fixtures;
pub mod history;
pub mod inbox;
pub mod last_seen;
pub mod logins;
pub mod markers;
pub mod media;
pub mod membership;
pub mod model;
pub mod races;
pub mod uploads;
pub mod users;

use std::borrow::Borrow;
use std::sync::Arc;

use crate::store::{
    AccountStore, ConversationStore, LastSeenStore, LoginStore, MessageStore, UploadStore,
    UserStore,
};

/// A backend's storage ports, as the chat holds them.
#[derive(Debug, Clone)]
pub struct Ports {
    /// Users.
    pub users: Arc<dyn UserStore>,
    /// Accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// Login sessions.
    pub logins: Arc<dyn LoginStore>,
    /// Conversations.
    pub conversations: Arc<dyn ConversationStore>,
    /// Messages.
    pub messages: Arc<dyn MessageStore>,
    /// Uploads.
    pub uploads: Arc<dyn UploadStore>,
    /// Last seen.
    pub last_seen: Arc<dyn LastSeenStore>,
}

impl Ports {
    /// All ports on one handle, each behind an `Arc` of its own clone.
    pub fn of<S>(store: &S) -> Self
    where
        S: UserStore
            + AccountStore
            + LoginStore
            + ConversationStore
            + MessageStore
            + UploadStore
            + LastSeenStore
            + Clone,
    {
        Self {
            users: Arc::new(store.clone()),
            accounts: Arc::new(store.clone()),
            logins: Arc::new(store.clone()),
            conversations: Arc::new(store.clone()),
            messages: Arc::new(store.clone()),
            uploads: Arc::new(store.clone()),
            last_seen: Arc::new(store.clone()),
        }
    }
}

/// What a case takes of what a backend's function made.
#[doc(hidden)]
pub fn borrow<B: Borrow<T>, T: ?Sized>(backend: &B) -> &T {
    backend.borrow()
}
