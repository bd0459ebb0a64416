//! The port to those who hear of a message though no live session of theirs reached them: by Web Push, by the
//! host's own service, by mail.

mod hosts;

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::UserId;
use crate::model::{Conversation, Message, Profile};

pub use hosts::{InvalidPushHost, PushHosts, PushService};

type Source = Box<dyn Error + Send + Sync>;

/// A message, and who is to hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The message, as it is now. It is never a deleted one.
    pub message: Message,
    /// How many messages the conversation got while this one waited, itself included; of them only this one is
    /// told. Some may be the users' own.
    pub messages: u64,
    /// Its conversation.
    pub conversation: Conversation,
    /// Who sent it; none for a sender whom the host's user store does not know any more.
    pub sender: Option<Profile>,
    /// The users to tell: at least one, at most [`Notice::USERS`], each once.
    pub users: Vec<UserId>,
}

impl Notice {
    /// How many users one notice is for, at most.
    pub const USERS: usize = 100;
}

/// Why a notice did not reach everybody.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// Who carries notices cannot be reached, or is too busy: some of the users may have been told.
    #[error("notices cannot be delivered now")]
    Unavailable(#[source] Source),
    /// Who carries notices does not take this one.
    #[error("a notice was refused")]
    Refused(#[source] Source),
}

impl NotifyError {
    /// Who carries notices cannot be reached.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }

    /// Who carries notices does not take this one.
    pub fn refused(source: impl Into<Source>) -> Self {
        Self::Refused(source.into())
    }
}

/// Tells users of messages, away from any session.
///
/// # Contract
/// * Concurrency: several calls at once, also for one conversation; they may finish in any order.
/// * Best effort: a notice may come late, twice or never, and a user who is told may have read the message by then.
///   The inbox is the truth.
/// * Errors: the chat logs and counts a call that fails, and does not repeat it. Only the implementation knows whom of
///   the users it reached: what is worth repeating, it repeats itself, a bounded number of times.
/// * Time: a call is given the chat's limit `notify_timeout`; then it is dropped.
/// * Cancellation: a dropped call has told some of the users, or none.
#[async_trait]
pub trait Notifier: Debug + Send + Sync + 'static {
    /// Tells the users of a message.
    ///
    /// # Errors
    /// [`NotifyError`] if some of them were not told who should have been.
    async fn notify(&self, notice: &Notice) -> Result<(), NotifyError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: Notifier + ?Sized> Notifier for Arc<T> {
    async fn notify(&self, notice: &Notice) -> Result<(), NotifyError> {
        (**self).notify(notice).await
    }
}

/// Two notifiers: both are told at once.
#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<A: Notifier, B: Notifier> Notifier for (A, B) {
    async fn notify(&self, notice: &Notice) -> Result<(), NotifyError> {
        let (first, second) = tokio::join!(self.0.notify(notice), self.1.notify(notice));
        first.and(second)
    }
}
