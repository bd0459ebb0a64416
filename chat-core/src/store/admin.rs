//! The port for operators: all of one user, and the store's own soundness.

use std::fmt;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{ConversationId, MessageId, Seq, Timestamp, UploadId, UserId};
use crate::model::{KeptText, Member, Message, Reacted, Retext, Upload};
use crate::store::StoreError;

/// What an erasure took away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// How many messages lost their content.
    pub messages: u64,
    /// How many reactions to others' messages were taken back.
    pub reactions: u64,
    /// How many conversations the user was in.
    pub conversations: u64,
    /// The records of uploads that are gone: their objects are the caller's to delete.
    pub uploads: Vec<Upload>,
}

/// Something that cannot be if all went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong.
    pub kind: DamageKind,
    /// Where: ids, for people.
    pub place: String,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DamageKind {
    /// The seqs of a conversation are not 1 to its last seq.
    SeqGap,
    /// Two messages have the same sender, conversation and client id.
    DoubledClientId,
    /// A marker, or where a member's view begins, is past the last message.
    MarkerPastHead,
    /// A row's rev is past the conversation's.
    RevPastHead,
    /// A message holds an upload that is not there, or an upload is held by no message that is.
    OrphanUpload,
    /// The reactions that a message tells of are not those that users gave.
    WrongReactions,
    /// A conversation's members are not as many as it says, or a group has members and no owner, or a
    /// direct conversation not two sides.
    WrongMembers,
    /// Something is left of a user who was erased.
    LeftAfterErasure,
    /// A sealed text does not open. Only whoever has the keys can tell.
    UnreadableText,
}

impl DamageKind {
    /// Its stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SeqGap => "seq_gap",
            Self::DoubledClientId => "doubled_client_id",
            Self::MarkerPastHead => "marker_past_head",
            Self::RevPastHead => "rev_past_head",
            Self::OrphanUpload => "orphan_upload",
            Self::WrongReactions => "wrong_reactions",
            Self::WrongMembers => "wrong_members",
            Self::LeftAfterErasure => "left_after_erasure",
            Self::UnreadableText => "unreadable_text",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.place)
    }
}

/// What operators ask of a store. Nothing here asks who may.
///
/// # Contract
/// * `sent`, `uploads_of`, `reactions_of` and `standings` give all of a user, whatever became of the memberships;
///   their cost follows the conversations that the user was ever in.
/// * `erase`: the account, the logins, the last seen, the count of joinings, the uploads, the blocks by and against the
///   user, what the user let others see, and the subscriptions to pushes are gone. The user is in no
///   conversation any more: the rows stay as tombstones, each with the next rev. A group whose last
///   owner goes gets another one first: the member of the highest role, of those who joined first.
///   The user's messages keep id, seq, rev, sender and time, and lose all else; their kind is
///   [`Deleted`](crate::model::MessageKind::Deleted). Others' messages stay as they are, but for the reactions that
///   the user gave: those are gone, and as the user's own messages do, the others keep their rev.
/// * Erasing is repeatable: what a first call left, another takes, and after that none finds
///   anything.
/// * `texts`: of every message, deleted ones too, by descending id; what it costs follows `limit`.
/// * `replace_texts`: under the conversation's lock, each message for itself. One whose text or digest is not as in `from`
///   any more stays as it is and is not counted. It is no edit: no rev is taken, and nothing else of the message
///   changes. From then on the message is found by the words given, and a draft that repeats its client id is
///   compared with the digest given. A message comes once in a call.
/// * `audit` reads everything and changes nothing. A store that was only used through its ports has
///   no damage; an interrupted erasure is damage until it is repeated.
#[async_trait]
pub trait AdminStore: Debug + Send + Sync + 'static {
    /// Up to `limit` messages that the user sent, by conversation and seq, behind `after`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn sent(
        &self,
        user: &UserId,
        after: Option<(ConversationId, Seq)>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError>;

    /// Up to `limit` uploads of the user, by id, behind `after`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn uploads_of(
        &self,
        user: &UserId,
        after: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError>;

    /// Up to `limit` reactions that the user gave, by conversation, seq and reaction, behind `after`.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn reactions_of(
        &self,
        user: &UserId,
        after: Option<&Reacted>,
        limit: usize,
    ) -> Result<Vec<Reacted>, StoreError>;

    /// The user's rows in all conversations, former ones too, by conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn standings(&self, user: &UserId) -> Result<Vec<(ConversationId, Member)>, StoreError>;

    /// Takes away everything that is the user's.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; repeat it.
    async fn erase(&self, user: &UserId, at: Timestamp) -> Result<Erased, StoreError>;

    /// Up to `limit` texts of messages with ids below `before`, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn texts(
        &self,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<KeptText>, StoreError>;

    /// Keeps other forms of texts; how many messages it changed.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then any of them may have been changed, and repeating it is safe.
    async fn replace_texts(&self, texts: &[Retext]) -> Result<u64, StoreError>;

    /// Up to `limit` damages of each kind, by kind.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn audit(&self, limit: usize) -> Result<Vec<Damage>, StoreError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: AdminStore + ?Sized> AdminStore for Arc<T> {
    async fn sent(
        &self,
        user: &UserId,
        after: Option<(ConversationId, Seq)>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        (**self).sent(user, after, limit).await
    }

    async fn uploads_of(
        &self,
        user: &UserId,
        after: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        (**self).uploads_of(user, after, limit).await
    }

    async fn reactions_of(
        &self,
        user: &UserId,
        after: Option<&Reacted>,
        limit: usize,
    ) -> Result<Vec<Reacted>, StoreError> {
        (**self).reactions_of(user, after, limit).await
    }

    async fn standings(&self, user: &UserId) -> Result<Vec<(ConversationId, Member)>, StoreError> {
        (**self).standings(user).await
    }

    async fn erase(&self, user: &UserId, at: Timestamp) -> Result<Erased, StoreError> {
        (**self).erase(user, at).await
    }

    async fn texts(
        &self,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<KeptText>, StoreError> {
        (**self).texts(before, limit).await
    }

    async fn replace_texts(&self, texts: &[Retext]) -> Result<u64, StoreError> {
        (**self).replace_texts(texts).await
    }

    async fn audit(&self, limit: usize) -> Result<Vec<Damage>, StoreError> {
        (**self).audit(limit).await
    }
}
