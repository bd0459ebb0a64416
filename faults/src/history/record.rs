//! One line of a history.

use chat_core::id::{ConversationId, MessageId, Rev, Seq, UserId};
use serde::{Deserialize, Serialize};

use super::Payload;

/// What a client did or saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Its connection: `invoke` names its user, `ok` is a finished resume, `info` a loss with its close code.
    Connect,
    /// It takes part in a conversation: `ok` from its beginning to the end of the run, `info` now and then.
    Attend,
    /// It sends a message.
    Send,
    /// It was handed a message.
    Deliver,
    /// It heard that `user` is a member from `rev` on (`ok`), or no longer (`nack`).
    Member,
    /// It moves its user's read marker.
    Mark,
    /// It saw the read marker of `user`.
    Marker,
    /// Somebody who was just removed asks for the history: `nack` if that is refused.
    Peek,
    /// Something breaks (`invoke`), or is whole again (`ok`). No client's doing.
    Fault,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It begins.
    Invoke,
    /// It was done.
    Ok,
    /// It was refused: it was not done and never will be.
    Nack,
    /// Nobody knows.
    Info,
}

/// One line of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When, in nanoseconds since the history began.
    pub at: u64,
    /// The client: one device of one user.
    pub client: u32,
    /// What.
    pub op: Op,
    /// How far.
    pub kind: Kind,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// Which message; none for one whose text is not what was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// Its number, or the marker's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Its place in the conversation's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Rev>,
    /// The user it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// A refusal's code, or a close code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Record {
    /// A line that tells nothing but who and what; the history sets the time.
    #[must_use]
    pub const fn new(client: u32, op: Op, kind: Kind) -> Self {
        Self {
            at: 0,
            client,
            op,
            kind,
            conversation: None,
            payload: None,
            message: None,
            seq: None,
            rev: None,
            user: None,
            code: None,
        }
    }

    /// The same in a conversation.
    #[must_use]
    pub const fn within(mut self, conversation: ConversationId) -> Self {
        self.conversation = Some(conversation);
        self
    }

    /// The same of a message.
    #[must_use]
    pub const fn of(mut self, payload: Option<Payload>) -> Self {
        self.payload = payload;
        self
    }

    /// The same of the message with this id.
    #[must_use]
    pub const fn message(mut self, message: MessageId) -> Self {
        self.message = Some(message);
        self
    }

    /// The same at a seq.
    #[must_use]
    pub const fn seq(mut self, seq: Seq) -> Self {
        self.seq = Some(seq);
        self
    }

    /// The same at a rev.
    #[must_use]
    pub const fn rev(mut self, rev: Rev) -> Self {
        self.rev = Some(rev);
        self
    }

    /// The same about a user.
    #[must_use]
    pub fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// The same with a code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}
