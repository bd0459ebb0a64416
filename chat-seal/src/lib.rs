//! Seals the text of messages before any store of chat-core sees it: encryption at rest.
//!
//! [`Sealed`] stands around a store and is one itself. What a message says goes in as a sealed text and comes out as it
//! was; the search asks for blind words, and a retry is told by a blind digest. Whoever has the database, its files
//! or its backups, and not the keys, reads no text and no word of one.
//!
//! They still see who wrote where and when, how long a text is, which messages share a word, and whatever is no text:
//! names, members, reactions, uploads and what they are called. The book's page on encryption tells it in full.
//!
//! ```
//! use chat_core::chat::Chat;
//! use chat_core::memory::MemoryStore;
//! use chat_seal::{KeyRing, Sealed};
//!
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let key = "2026a:mZ9VxJvVQh0cWjX1C2d9mDk3yN1aK0m2pVb5oXo1R7E=";
//! let index = "Gq0r0T6m4bYt7xkQm8o9n3mJpVYw2yq4C1s5u6h7i8A=";
//! let store = Sealed::new(MemoryStore::new(), KeyRing::parse(key, index)?);
//! let chat = Chat::builder(store.clone(), store).build();
//! # drop(chat);
//! # Ok(())
//! # }
//! # run().unwrap();
//! ```

mod admin;
mod check;
mod cipher;
mod conversations;
mod forward;
mod index;
mod key;
mod messages;
mod rekey;
mod sealed;

pub use check::CheckError;
pub use cipher::key_of;
pub use key::{KeyError, KeyRing};
pub use rekey::Rekeyed;
pub use sealed::{Sealed, UnknownKey};
