//! Why the domain says no.

/// A request that was understood and refused: an answer for the caller, not a failure.
///
/// Nothing was stored. Asking again the same way is refused again until the state changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The conversation does not exist or the user is not in it. The two look alike, so that
    /// nobody learns of a conversation by asking.
    #[error("no such conversation")]
    NotMember,
    /// The user's role does not reach, or the kind of conversation has no such change.
    #[error("not allowed for this role or kind of conversation")]
    Forbidden,
    /// The user named is not in the conversation.
    #[error("no such member")]
    UnknownMember,
    /// A group must keep an owner while it has members.
    #[error("the last owner must make another owner first")]
    LastOwner,
    /// The group has as many members as it may.
    #[error("the group is full")]
    Full,
    /// The client id was used before for another message.
    #[error("the client id was used for another message")]
    ClientIdReused,
    /// A block stands between the two of the direct conversation. Whose it is, is not told.
    #[error("a block stands between the two")]
    Blocked,
    /// The message replied to is not in the conversation, or not visible to the sender.
    #[error("the message replied to is not there")]
    UnknownReply,
    /// The message is not in the conversation, or not visible to the user.
    #[error("no such message")]
    UnknownMessage,
    /// The message was deleted: nothing can be done to it any more.
    #[error("the message was deleted")]
    MessageDeleted,
    /// The message has as many kinds of reactions as it may.
    #[error("the message has too many kinds of reactions")]
    TooManyReactions,
    /// An attachment is not an upload of the sender.
    #[error("no such upload of the sender")]
    UnknownUpload,
    /// Somebody else holds the conversation, as a host's transaction may: asked for alone, it waits.
    #[error("the conversation is held by another transaction")]
    Held,
    /// A marker points past the last message.
    #[error("there is no message with that number yet")]
    PastHead,
}
