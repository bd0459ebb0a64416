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
//! | macro | for |
//! |---|---|
//! | [`store_conformance!`](crate::store_conformance) | all storage ports together |
//! | [`durable_conformance!`](crate::durable_conformance) | a store that keeps its data: [`durable`] |
//! | [`user_store_conformance!`](crate::user_store_conformance) | a host's own user table: [`hosted_users`] |
//! | [`bus_conformance!`](crate::bus_conformance) | a presence bus |
//! | [`lease_conformance!`](crate::lease_conformance) | how its leases end: [`leases`] |
//! | [`media_conformance!`](crate::media_conformance) | an uploader |
//! | [`inspector_conformance!`](crate::inspector_conformance) | who looks into pictures |
//! | [`authenticator_conformance!`](crate::authenticator_conformance) | who shows a credential: [`authenticator`] |
//! | [`policy_conformance!`](crate::policy_conformance) | a host's own rules |
//!
//! Races are run 20 times each, or as often as the environment variable `CHAT_CONFORMANCE_ROUNDS` says.
//!
//! Each macro once per module, since the tests lie in modules named after the ports. They need
//! `tokio` with `rt-multi-thread` and `macros`. [`model`] runs random histories against a simple
//! model besides. A decorator enrols with [`Ports`] made of decorated ports.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case that fails panics: that is what it is for"
)]

pub mod account_races;
pub mod accounts;
pub mod admin;
pub mod append;
pub mod append_races;
pub mod authenticator;
pub mod bounds;
pub mod bus;
pub mod cancellation;
mod cases;
pub mod changes;
pub mod conversations;
pub mod durable;
pub mod exercise;
mod files;
mod fixtures;
pub mod heads;
pub mod history;
pub mod hosted_users;
pub mod inbox;
pub mod inspector;
pub mod joins;
pub mod last_seen;
pub mod leases;
pub mod logins;
pub mod lookalikes;
pub mod markers;
pub mod media;
pub mod membership;
pub mod membership_races;
pub mod model;
pub mod people;
pub mod people_races;
mod pictures;
pub mod policy;
pub mod push;
pub mod races;
pub mod revision_races;
pub mod revisions;
pub mod schema;
pub mod search;
pub mod texts;
pub mod unreached;
pub mod unreliable;
pub mod uploads;
pub mod users;

use std::borrow::Borrow;
use std::sync::Arc;

use crate::store::{
    AccountStore, AdminStore, ConversationStore, LastSeenStore, LoginStore, MessageStore,
    PeopleStore, PushStore, SchemaStore, UploadStore, UserStore,
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
    /// What users decide about each other.
    pub people: Arc<dyn PeopleStore>,
    /// Browsers that take pushes.
    pub push: Arc<dyn PushStore>,
    /// For operators.
    pub admin: Arc<dyn AdminStore>,
    /// The schema.
    pub schema: Arc<dyn SchemaStore>,
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
            + PeopleStore
            + PushStore
            + AdminStore
            + SchemaStore
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
            people: Arc::new(store.clone()),
            push: Arc::new(store.clone()),
            admin: Arc::new(store.clone()),
            schema: Arc::new(store.clone()),
        }
    }

    /// The same ports, each once more behind an `Arc`: calls take the way through the port's own
    /// `impl` for `Arc<T>`, as those of a decorator do.
    #[must_use]
    pub fn wrapped(self) -> Self {
        Self {
            users: Arc::new(self.users),
            accounts: Arc::new(self.accounts),
            logins: Arc::new(self.logins),
            conversations: Arc::new(self.conversations),
            messages: Arc::new(self.messages),
            uploads: Arc::new(self.uploads),
            last_seen: Arc::new(self.last_seen),
            people: Arc::new(self.people),
            push: Arc::new(self.push),
            admin: Arc::new(self.admin),
            schema: Arc::new(self.schema),
        }
    }
}

/// What a case takes of what a backend's function made.
#[doc(hidden)]
pub fn borrow<B: Borrow<T>, T: ?Sized>(backend: &B) -> &T {
    backend.borrow()
}
