//! What a client asks over the WebSocket.

mod parse;
#[cfg(feature = "openapi")]
mod schema;

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{
    CallId, ClientId, ConversationId, DeviceId, Epoch, MessageId, Rev, Seq, UploadId, UserId,
};
use crate::model::{MarkKind, MessageKind, Reaction};
use crate::protocol::{CallSignal, MessageBody, Signal};

pub use parse::Malformed;

/// The client's own id of a command, given back in its reply: at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct RequestId(ClientId);

impl RequestId {
    /// Takes `text` as an id.
    ///
    /// # Errors
    /// [`InvalidId`](crate::id::InvalidId) if it is empty, too long or has a control character.
    pub fn new(text: impl AsRef<str>) -> Result<Self, crate::id::InvalidId> {
        ClientId::new(text).map(Self)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A command with its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Given back in the reply.
    pub id: Option<RequestId>,
    /// What is asked.
    pub command: Command,
}

/// What a client can ask; the JSON's `type` says which.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// `message`: send a message. Answered by `ack`.
    Message(SendMessage),
    /// `edit`: give a message of one's own another text. Answered by `ack`.
    Edit(EditMessage),
    /// `delete`: take a message's content away. Answered by `ack`.
    Delete(DeleteMessage),
    /// `react`: give a message a reaction. Answered by `ack`.
    React(React),
    /// `unreact`: take a reaction back. Answered by `ack`.
    Unreact(React),
    /// `typing`: tell the others. Not answered, unless refused.
    Typing(Typing),
    /// `delivered` or `read`: move a marker of one's own. Answered by `ack`.
    Mark(MarkKind, MarkCommand),
    /// `call`: tell another member something about a call. Answered by `ack`.
    Call(CallCommand),
    /// `resume`: get what was missed. Answered by `changes` frames and `resumed`.
    Resume(Resume),
    /// `watch`: hear of these users' presence. Answered by `presence_state`.
    Watch(Watch),
    /// `unwatch`: hear of it no more. Answered by `ack`.
    Unwatch(Watch),
    /// `authenticate`: show a fresh credential before the old one ends. Answered by `ack`.
    Authenticate(Authenticate),
    /// `ping`. Answered by `pong`.
    Ping,
}

macro_rules! command_body {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }
    };
}

command_body! {
    /// A message to send.
    SendMessage {
        /// Where to.
        conversation_id: ConversationId,
        /// The text; may be empty beside uploads.
        #[serde(default)]
        content: String,
        /// What it mainly is; told by the uploads if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_type: Option<MessageKind>,
        /// The sender's own id for it: repeat it to send exactly once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<ClientId>,
        /// The message that this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to_id: Option<MessageId>,
        /// Uploads of one's own to attach.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        upload_ids: Vec<UploadId>,
    }
}

impl SendMessage {
    /// Where to, and what.
    #[must_use]
    pub fn into_parts(self) -> (ConversationId, MessageBody) {
        let body = MessageBody {
            content: self.content,
            message_type: self.message_type,
            client_id: self.client_id,
            reply_to_id: self.reply_to_id,
            upload_ids: self.upload_ids,
        };
        (self.conversation_id, body)
    }

    /// The message `body` for `conversation_id`.
    #[must_use]
    pub fn new(conversation_id: ConversationId, body: MessageBody) -> Self {
        Self {
            conversation_id,
            content: body.content,
            message_type: body.message_type,
            client_id: body.client_id,
            reply_to_id: body.reply_to_id,
            upload_ids: body.upload_ids,
        }
    }
}

command_body! {
    /// Another text for a message.
    EditMessage {
        /// Where the message is.
        conversation_id: ConversationId,
        /// Which message.
        message_id: MessageId,
        /// The text; may be empty beside attachments.
        content: String,
    }
}

command_body! {
    /// A message to delete.
    DeleteMessage {
        /// Where the message is.
        conversation_id: ConversationId,
        /// Which message.
        message_id: MessageId,
    }
}

command_body! {
    /// A reaction to give or to take back.
    React {
        /// Where the message is.
        conversation_id: ConversationId,
        /// Which message.
        message_id: MessageId,
        /// An emoji or a short name.
        reaction: Reaction,
    }
}

command_body! {
    /// Typing, or no longer.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// False to say that one stopped; true if absent.
        #[serde(default = "yes")]
        active: bool,
    }
}

const fn yes() -> bool {
    true
}

command_body! {
    /// How far one is.
    MarkCommand {
        /// Where.
        conversation_id: ConversationId,
        /// Everything up to this message.
        seq: Seq,
    }
}

command_body! {
    /// A signal of a call with one other member.
    CallCommand {
        /// The conversation that both are in.
        conversation_id: ConversationId,
        /// Which call: chosen by whoever begins it.
        call_id: CallId,
        /// To whom.
        to: UserId,
        /// The device that says it.
        from_device: DeviceId,
        /// The one device of the other that it is meant for; all of them if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_device: Option<DeviceId>,
        /// What is said.
        signal: Signal,
    }
}

impl CallCommand {
    /// What the others are told of it, `from` being who says it.
    #[must_use]
    pub fn into_signal(self, from: UserId) -> CallSignal {
        CallSignal {
            conversation_id: self.conversation_id,
            call_id: self.call_id,
            from,
            from_device: self.from_device,
            to: self.to,
            to_device: self.to_device,
            signal: self.signal,
        }
    }
}

command_body! {
    /// What a client has.
    Resume {
        /// The epoch of its revs; absent if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Epoch>,
        /// The last rev it has of each conversation; at most 500.
        #[serde(default)]
        revs: HashMap<ConversationId, Rev>,
        /// True if another resume command with more of the map follows; then this one is only noted
        /// and answered by `ack`.
        #[serde(default)]
        more: bool,
    }
}

command_body! {
    /// Users to watch, or no longer.
    Watch {
        /// At most 500.
        user_ids: Vec<UserId>,
    }
}

command_body! {
    /// A fresh credential of the same user: exactly one of the two.
    Authenticate {
        /// An access token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// A one-use ticket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
    }
}

impl Command {
    /// The JSON's `type`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Edit(_) => "edit",
            Self::Delete(_) => "delete",
            Self::React(_) => "react",
            Self::Unreact(_) => "unreact",
            Self::Typing(_) => "typing",
            Self::Mark(MarkKind::Delivered, _) => "delivered",
            Self::Mark(MarkKind::Read, _) => "read",
            Self::Call(_) => "call",
            Self::Resume(_) => "resume",
            Self::Watch(_) => "watch",
            Self::Unwatch(_) => "unwatch",
            Self::Authenticate(_) => "authenticate",
            Self::Ping => "ping",
        }
    }
}

impl Serialize for Request {
    /// As a client sends it.
    fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Out<'a, B: Serialize> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a RequestId>,
            #[serde(flatten)]
            body: B,
        }
        let (kind, id) = (self.command.kind(), self.id.as_ref());
        match &self.command {
            Command::Message(body) => Out { kind, id, body }.serialize(output),
            Command::Edit(body) => Out { kind, id, body }.serialize(output),
            Command::Delete(body) => Out { kind, id, body }.serialize(output),
            Command::React(body) | Command::Unreact(body) => {
                Out { kind, id, body }.serialize(output)
            }
            Command::Typing(body) => Out { kind, id, body }.serialize(output),
            Command::Mark(_, body) => Out { kind, id, body }.serialize(output),
            Command::Call(body) => Out { kind, id, body }.serialize(output),
            Command::Resume(body) => Out { kind, id, body }.serialize(output),
            Command::Watch(body) | Command::Unwatch(body) => {
                Out { kind, id, body }.serialize(output)
            }
            Command::Authenticate(body) => Out { kind, id, body }.serialize(output),
            Command::Ping => Out { kind, id, body: () }.serialize(output),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
