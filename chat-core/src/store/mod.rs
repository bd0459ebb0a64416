//! The storage ports: what a backend must do, and the one error that it may fail with.
//!
//! A backend implements several of them on one handle; a host may bring its own for any one.
//! Each sentence of a `# Contract` has its case in [`crate::conformance`].

mod accounts;
mod admin;
mod conversations;
mod error;
mod last_seen;
mod messages;
mod people;
mod push;
mod schema;
mod uploads;
mod users;

pub use accounts::{AccountKey, AccountStore, EndLogins, LoginStore, Taken};
pub use admin::{AdminStore, Damage, DamageKind, Erased};
pub use conversations::{ConversationStore, InboxCursor};
pub use error::StoreError;
pub use last_seen::LastSeenStore;
pub use messages::{MessageStore, ReactorQuery, SearchQuery, Since, Window};
pub use people::PeopleStore;
pub use push::PushStore;
pub use schema::{SchemaStore, Step};
pub use uploads::UploadStore;
pub use users::{UserQuery, UserStore};
