//! The port to messages: append, revise, history, and what changed since.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{ConversationId, Epoch, MessageId, Rev, Seq, UserId};
use crate::model::{
    Appended, Changes, Draft, Message, Reaction, Reactor, Refusal, Revised, Revision,
};
use crate::store::StoreError;

/// Which part of a history to read. Pages come oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The last messages.
    Latest,
    /// The last ones with a seq below this.
    Before(Seq),
    /// The first ones with a seq above this.
    After(Seq),
    /// `limit / 2` messages below this seq, then the rest from it on.
    Around(Seq),
}

/// A place in a conversation's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Everything up to here is known.
    pub rev: Rev,
}

/// What messages to look for.
#[derive(Debug, Clone, Copy)]
pub struct SearchQuery<'a> {
    /// In these conversations.
    pub conversations: &'a [ConversationId],
    /// With all of these words, as [`words`](crate::model::words) gives them.
    pub words: &'a [String],
    /// With an id below this.
    pub before: Option<MessageId>,
    /// At most so many.
    pub limit: usize,
}

/// Whose reactions to list.
#[derive(Debug, Clone, Copy)]
pub struct ReactorQuery<'a> {
    /// Of this conversation,
    pub conversation: ConversationId,
    /// this message,
    pub message: MessageId,
    /// and this reaction.
    pub reaction: &'a Reaction,
    /// Given after this rev.
    pub after: Option<Rev>,
    /// At most so many.
    pub limit: usize,
}

/// Keeps the messages of every conversation, in order.
///
/// # Contract
/// * Ordering: seqs of a conversation start at 1 and have no holes; `append` gives them in the
///   order of the batch. A message takes the conversation's next rev too.
/// * No late commit: once a seq or rev is visible to a reader, no lower one becomes visible later.
/// * Atomicity: a message is stored whole with its numbers, or not at all. If `append` returns an
///   error, any part of the batch may have been stored; repeating it settles that.
/// * Membership decides in the transaction that stores: a draft of someone who is not an active
///   member is [`Refusal::NotMember`], and no message of theirs follows their removal.
/// * Idempotency: a draft with the client id of an earlier message of the same sender and
///   conversation returns that message and stores nothing; with another
///   [fingerprint](Draft::fingerprint) it is [`Refusal::ClientIdReused`]. This holds within one
///   batch, across handles at once, and for ever. It is checked after membership and before
///   anything else, so that what was stored before a block can still be asked for.
/// * Blocks: while a block stands between the two of a direct conversation, in either direction, a new draft of
///   either is [`Refusal::Blocked`]: see [`PeopleStore`](super::PeopleStore). It is checked right after idempotency.
///   So is a revision that would [add](crate::model::RevisionKind::adds) something; what is so already is no
///   change, and taking something back is none that a block stops.
/// * References: `reply_to` must be a message of the conversation above the sender's
///   `visible_from`, or the draft is [`Refusal::UnknownReply`]; every attachment must be an upload
///   that the sender owns, or it is [`Refusal::UnknownUpload`]. From then on every member of the
///   conversation may read those uploads.
/// * Reading one's own: a stored message moves its sender's markers to its seq.
/// * A refused draft leaves no trace and no gap, and does not touch the others of its batch.
/// * A conversation that somebody else holds, as a host's transaction may, delays no other: in a batch over
///   several its drafts may be [`Refusal::Held`], and a batch of it alone waits.
/// * `revise`: reads what stands, asks [`Revision::judge`] and writes the message that it gives in one transaction under
///   the conversation's lock, so that revisions of one conversation, changes of its members and sends into it happen one
///   after the other. A revision that changes the message takes the conversation's next rev, which becomes the message's;
///   one that changes nothing takes none. It moves neither seq nor markers nor the conversation's place in the inbox.
/// * A revised message is found by the words that it has now, and by no others.
/// * Deleting: the message stays as a [tombstone](Message::tombstone). It holds its uploads no longer, and has no reactions.
///   Its client id is remembered: a draft that repeats it returns the tombstone and stores nothing.
/// * Reactions stay when the user who gave them leaves. The summaries in a message and what `reactors` gives are of one
///   truth: as many users, and the first ones in the order in which they gave the reaction.
/// * `history` answers only active members, with messages above their `visible_from`; so do `find` and `reactors`.
/// * `changes`: each conversation is asked for once; for each place whose conversation exists, in the order asked, all rows with a rev
///   above it as they are at one moment. More than `limit` rows of one conversation come as
///   [`Changes::truncated`]. The number of queries does not grow with places. It does not ask who
///   reads: that is the caller's part.
/// * `heads`: the rev that each of the conversations has now, each once and in any order; one that does not
///   exist is left out. None is behind a write that had finished. The number of queries does not grow with conversations.
/// * `search` finds a message if all words asked for are among those that it came with ([`Draft::words`], since an edit
///   [`Revision::words`]: of a plain text its own, of a sealed one those given), and the viewer could read it: by descending id, each once. Without a word it finds nothing. Its cost follows
///   the conversations searched, not the store.
/// * Visibility: once `append` returns, every later read on any handle sees the messages.
/// * Cancellation: a dropped `append` has happened or not; repeat it with the same client ids.
#[async_trait]
pub trait MessageStore: Debug + Send + Sync + 'static {
    /// The store's epoch. Also answers whether the store can be reached.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn epoch(&self) -> Result<Epoch, StoreError>;

    /// Stores drafts as the next messages of their conversations; one answer per draft, in order.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError>;

    /// Changes a message.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then it may have been changed, and repeating it settles that.
    async fn revise(&self, revision: &Revision) -> Result<Result<Revised, Refusal>, StoreError>;

    /// A message, if the viewer may read it.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn find(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError>;

    /// Users who gave a message some reaction, in the order in which they did; none if the viewer may not
    /// read the message.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Result<Option<Vec<Reactor>>, StoreError>;

    /// Up to `limit` messages; none if the viewer is not in the conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError>;

    /// What changed behind each place.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError>;

    /// The rev that each conversation has now.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError>;

    /// Messages by their words.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: MessageStore + ?Sized> MessageStore for Arc<T> {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        (**self).epoch().await
    }

    async fn append(&self, drafts: &[Draft]) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
        (**self).append(drafts).await
    }

    async fn revise(&self, revision: &Revision) -> Result<Result<Revised, Refusal>, StoreError> {
        (**self).revise(revision).await
    }

    async fn find(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        (**self).find(conversation, viewer, message).await
    }

    async fn reactors(
        &self,
        viewer: &UserId,
        query: &ReactorQuery<'_>,
    ) -> Result<Option<Vec<Reactor>>, StoreError> {
        (**self).reactors(viewer, query).await
    }

    async fn history(
        &self,
        conversation: ConversationId,
        viewer: &UserId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        (**self).history(conversation, viewer, window, limit).await
    }

    async fn changes(&self, since: &[Since], limit: usize) -> Result<Vec<Changes>, StoreError> {
        (**self).changes(since, limit).await
    }

    async fn heads(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Rev)>, StoreError> {
        (**self).heads(conversations).await
    }

    async fn search(
        &self,
        viewer: &UserId,
        query: &SearchQuery<'_>,
    ) -> Result<Vec<Message>, StoreError> {
        (**self).search(viewer, query).await
    }
}
