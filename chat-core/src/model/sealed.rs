//! Texts that a store keeps without being able to read them.

use crate::id::{ConversationId, MessageId, UserId};
use crate::model::Fingerprint;

/// The sign that a sealed text begins with. What a user writes never does: it is refused.
pub const SEALED: char = '\u{1}';

/// What is kept beside a sealed text, where a plain one has its own words and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blind {
    /// What it is found by: the words that a search for it asks for.
    pub words: Vec<String>,
    /// What tells a retry from another message.
    pub fingerprint: Fingerprint,
}

/// A message's text as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptText {
    /// Of which message.
    pub message: MessageId,
    /// Where that is.
    pub conversation: ConversationId,
    /// Who sent it.
    pub sender: UserId,
    /// The text; empty once the message is deleted.
    pub text: String,
    /// The digest of what was first sent; all zero once the sender is erased, and of no meaning for a message that was
    /// sent without a client id.
    pub fingerprint: Fingerprint,
}

/// Another form of a text that is kept, which says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retext {
    /// What is kept now.
    pub from: KeptText,
    /// The text to keep.
    pub text: String,
    /// What the message is found by then.
    pub words: Vec<String>,
    /// The digest to keep.
    pub fingerprint: Fingerprint,
}
