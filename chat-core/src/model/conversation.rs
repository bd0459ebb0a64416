//! A conversation and what its inbox row shows.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, Rev, Seq, Timestamp, UploadId, UserId};
use crate::model::{Member, Message};

/// What kind of conversation it is; it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ConversationKind {
    /// Exactly two users, one conversation per pair.
    Direct,
    /// Members by invitation.
    Group,
}

/// A conversation's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// Its name; none for direct ones, which each side names after the other.
    pub name: Option<String>,
    /// Its picture.
    pub avatar: Option<UploadId>,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Number of the last message; [`Seq::ZERO`] while there is none.
    pub last_seq: Seq,
    /// The head: number of the last change of any kind.
    pub rev: Rev,
    /// Rev of the last change of the name or the picture; its creation counts.
    pub settings_rev: Rev,
    /// How many members there are now.
    pub member_count: u32,
}

impl Conversation {
    /// A seq that every message which came after `rev` is above: each of them took a rev of its own, so no more of them
    /// came than revs were given. Others may be above it, too.
    #[must_use]
    pub fn floor_after(&self, rev: Rev) -> Seq {
        let given = i64::try_from(self.rev.since(rev)).unwrap_or(i64::MAX);
        let floor = self.last_seq.get().saturating_sub(given);
        Seq::new(floor).unwrap_or(Seq::ZERO)
    }
}

/// A conversation to make. The creator is always a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewConversation {
    /// Between two different users. If the pair has one already, that one is meant.
    Direct {
        /// The id to give it, if it is new.
        id: ConversationId,
        /// Who asks.
        creator: UserId,
        /// The other one.
        peer: UserId,
        /// When.
        at: Timestamp,
    },
    /// With a name and members. The creator is its owner.
    Group {
        /// The id to give it.
        id: ConversationId,
        /// Who asks.
        creator: UserId,
        /// Its name.
        name: String,
        /// The other members: no duplicates, not the creator; may be empty.
        members: Vec<UserId>,
        /// When.
        at: Timestamp,
    },
}

/// What creating a conversation gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The conversation.
    pub conversation: Conversation,
    /// Its members.
    pub members: Vec<Member>,
    /// False if a direct conversation of the pair existed already.
    pub is_new: bool,
}

/// One row of a user's inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// The conversation.
    pub conversation: Conversation,
    /// The user's own membership.
    pub me: Member,
    /// The other side of a direct conversation.
    pub peer: Option<Member>,
    /// The last message that the user may see.
    pub last_message: Option<Message>,
    /// When something last happened: the last message, or the creation.
    pub active_at: Timestamp,
}

impl InboxEntry {
    /// How many messages the user has not read.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.conversation.last_seq.since(self.me.markers.read)
    }
}
