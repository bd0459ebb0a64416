//! What the server answers to one connection.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, ConversationId, Epoch, MessageId, Rev, Seq, Timestamp, UserId};
use crate::model::{Appended, Message, Revised};
use crate::protocol::{
    Code, ConversationView, MarkersView, MemberView, MessageView, PresenceView, RequestId,
};

/// A frame for the connection that asked, or that has just come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum Reply {
    /// The first frame: who one is here.
    Ready {
        /// The user.
        user_id: UserId,
        /// Number of the connection on its node; for support and logs.
        connection_id: u64,
        /// The store's epoch: revs kept from another one mean nothing.
        epoch: Epoch,
        /// The server's clock.
        server_time: Timestamp,
    },
    /// A command was carried out.
    Ack {
        /// The command's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// For a message that was sent or revised: where it is now.
        #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
        message: Option<Acked>,
    },
    /// A command was refused or failed; nothing was stored unless the code says otherwise.
    Error {
        /// The command's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// Why.
        code: Code,
        /// Why, in words for developers.
        detail: String,
        /// When to try again, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// What changed in one conversation since the client's rev. Comes before `resumed`.
    Changes(ChangesView),
    /// The resume is done: from here on every event is in order and complete.
    Resumed {
        /// The command's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The epoch that all revs are of.
        epoch: Epoch,
        /// Conversations that the client named and is no longer in.
        left: Vec<ConversationId>,
        /// Markers as they are: one's own in every conversation, and the other side's in direct ones.
        markers: Vec<MarkersView>,
    },
    /// The presence of the users that were asked to be watched.
    PresenceState {
        /// The command's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// One entry per user who may be seen.
        users: Vec<PresenceView>,
    },
    /// The answer to a ping.
    Pong {
        /// The command's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
    },
    /// The connection is about to be closed by the server; come back after the hint.
    Closing {
        /// When to reconnect, in milliseconds from now.
        reconnect_after_ms: u64,
    },
}

/// Where a message is that was sent or revised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acked {
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Its id.
    pub message_id: MessageId,
    /// Its number.
    pub seq: Seq,
    /// Its rev.
    pub rev: Rev,
    /// The client id that it was sent under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// When the server took it.
    pub created_at: Timestamp,
    /// True if it had been stored before, by an earlier try, or if a revision found all as it asked.
    pub duplicate: bool,
}

impl From<&Appended> for Acked {
    fn from(appended: &Appended) -> Self {
        Self::of(&appended.message, !appended.is_new)
    }
}

impl From<&Revised> for Acked {
    fn from(revised: &Revised) -> Self {
        Self::of(&revised.message, !revised.changed)
    }
}

impl Acked {
    fn of(message: &Message, duplicate: bool) -> Self {
        Self {
            conversation_id: message.conversation,
            message_id: message.id,
            seq: message.seq,
            rev: message.rev,
            client_id: message.client_id.clone(),
            created_at: message.created_at,
            duplicate,
        }
    }
}

/// What changed in a conversation, as it is now. Rows that changed often come once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangesView {
    /// The conversation as it is now.
    pub conversation: ConversationView,
    /// The rev that the client named; 0 for a conversation that is new to it.
    pub since: Rev,
    /// The rev that the client has reached with this.
    pub rev: Rev,
    /// True if too much changed to be sent: forget its history and load it again.
    pub reset: bool,
    /// Members that changed, those who left included.
    pub members: Vec<MemberView>,
    /// Messages that are new or changed, by rising rev.
    pub messages: Vec<MessageView>,
}
