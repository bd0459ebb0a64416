//! The port to the host's own rules: one typed question for every action.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::id::{ConversationId, UserId};
use crate::model::{ChangeKind, Draft, Revision};

/// What somebody is about to do. Asked after the request was validated and before anything is
/// stored; membership and roles are checked by the store all the same.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Send a message.
    Send(&'a Draft),
    /// Edit or delete a message, or give or take back a reaction.
    Revise(&'a Revision),
    /// Open a direct conversation with a user.
    CreateDirect(&'a UserId),
    /// Make a group of these members.
    CreateGroup(&'a [UserId]),
    /// Change a conversation.
    Change(ConversationId, &'a ChangeKind),
    /// Offer a member of a conversation a call, or another make-up of one that is on. Asked when the two are known
    /// to be members.
    Call {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        to: &'a UserId,
    },
    /// Upload so many bytes.
    Upload(u64),
    /// List or search users.
    SearchUsers,
}

/// What the policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Do not. The reason is shown to the user: at most 200 characters of it.
    Deny(String),
    /// Send this text instead; only for [`Action::Send`] and the edits of [`Action::Revise`], elsewhere it is an
    /// `Allow`.
    Rewrite(String),
}

/// The host's own rules.
///
/// # Contract
/// * It decides, it does not act: a question may be asked again for a retry of the same send, and
///   an allowed action may still fail. The same question has the same answer.
/// * It is given a limited time; whether silence allows or denies is the chat's configuration.
///
/// # Implementing
/// With the feature `conformance`, `policy_conformance!` tests an implementation.
#[async_trait]
pub trait Policy: Debug + Send + Sync + 'static {
    /// May `actor` do `action`?
    async fn check(&self, actor: &UserId, action: Action<'_>) -> Decision;
}

/// The policy of those who have none: everything is allowed.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllowAll;

#[async_trait]
impl Policy for AllowAll {
    async fn check(&self, _actor: &UserId, _action: Action<'_>) -> Decision {
        Decision::Allow
    }
}
