//! What a client asks over the WebSocket.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::id::{ClientId, ConversationId, Epoch, MessageId, Rev, Seq, UploadId, UserId};
use crate::model::{MarkKind, MessageKind};
use crate::protocol::{Code, MessageBody};

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
    /// `typing`: tell the others. Not answered, unless refused.
    Typing(Typing),
    /// `delivered` or `read`: move a marker of one's own. Answered by `ack`.
    Mark(MarkKind, MarkCommand),
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
            /// Read with the envelope.
            #[doc(hidden)]
            #[serde(rename = "type", default, skip_serializing)]
            #[cfg_attr(feature = "openapi", schema(ignore))]
            pub envelope_type: Ignored,
            /// Read with the envelope.
            #[doc(hidden)]
            #[serde(rename = "id", default, skip_serializing)]
            #[cfg_attr(feature = "openapi", schema(ignore))]
            pub envelope_id: Ignored,
        }
    };
}

/// A field of the envelope, passed over when the body is read.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(input).map(|_| Self)
    }
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
            envelope_type: Ignored,
            envelope_id: Ignored,
        }
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

/// A frame that is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The frame's id, if it has one.
    pub id: Option<RequestId>,
    /// [`Code::InvalidFrame`], [`Code::UnknownField`], [`Code::InvalidType`] or [`Code::InvalidId`].
    pub code: Code,
    /// What is wrong, in words; never more of the frame than a field's name.
    pub detail: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    id: Option<RequestId>,
}

impl Request {
    /// Reads a frame's payload.
    ///
    /// # Errors
    /// [`Malformed`] if it is not one JSON object that is a command, whole and with no field more.
    pub fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let envelope: Envelope<'_> =
            serde_json::from_slice(payload).map_err(|error| Malformed {
                id: None,
                code: Code::InvalidFrame,
                detail: describe(&error),
            })?;
        match Command::parse(&envelope.kind, payload) {
            Ok(command) => Ok(Self {
                id: envelope.id,
                command,
            }),
            Err((code, detail)) => Err(Malformed {
                id: envelope.id,
                code,
                detail,
            }),
        }
    }
}

impl Command {
    fn parse(kind: &str, payload: &[u8]) -> Result<Self, (Code, String)> {
        match kind {
            "message" => body(payload).map(Self::Message),
            "typing" => body(payload).map(Self::Typing),
            "delivered" => body(payload).map(|mark| Self::Mark(MarkKind::Delivered, mark)),
            "read" => body(payload).map(|mark| Self::Mark(MarkKind::Read, mark)),
            "resume" => body(payload).map(Self::Resume),
            "watch" => body(payload).map(Self::Watch),
            "unwatch" => body(payload).map(Self::Unwatch),
            "authenticate" => body(payload).map(Self::Authenticate),
            "ping" => Ok(Self::Ping),
            _ => Err((Code::InvalidFrame, "unknown type".to_owned())),
        }
    }

    /// The JSON's `type`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Typing(_) => "typing",
            Self::Mark(MarkKind::Delivered, _) => "delivered",
            Self::Mark(MarkKind::Read, _) => "read",
            Self::Resume(_) => "resume",
            Self::Watch(_) => "watch",
            Self::Unwatch(_) => "unwatch",
            Self::Authenticate(_) => "authenticate",
            Self::Ping => "ping",
        }
    }
}

fn body<T: DeserializeOwned>(payload: &[u8]) -> Result<T, (Code, String)> {
    serde_json::from_slice(payload).map_err(|error| (Code::of_json(&error), describe(&error)))
}

/// serde's words without the place, and without more of the input than a field's name.
fn describe(error: &serde_json::Error) -> String {
    let mut words = error.to_string();
    if let Some(at) = words.rfind(" at line ") {
        words.truncate(at);
    }
    words.chars().take(120).collect()
}

impl Code {
    /// The code for what serde found wrong with a JSON text.
    #[must_use]
    pub fn of_json(error: &serde_json::Error) -> Self {
        let words = error.to_string();
        match error.classify() {
            serde_json::error::Category::Data if words.starts_with("unknown field") => {
                Self::UnknownField
            }
            serde_json::error::Category::Data if words.starts_with("not a valid id") => {
                Self::InvalidId
            }
            serde_json::error::Category::Data => Self::InvalidType,
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Self::InvalidJson,
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
            Command::Typing(body) => Out { kind, id, body }.serialize(output),
            Command::Mark(_, body) => Out { kind, id, body }.serialize(output),
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
mod tests {
    use super::*;

    fn code(text: &str) -> Code {
        Request::parse(text.as_bytes()).expect_err(text).code
    }

    #[test]
    fn a_message_is_read_as_the_documents_write_it() {
        let id = ConversationId::new();
        let text = format!(
            r#"{{"type":"message","conversation_id":"{id}","content":"Hello, World!","message_type":"text"}}"#
        );

        let request = Request::parse(text.as_bytes()).unwrap();

        let Command::Message(message) = request.command else {
            panic!("got {request:?}")
        };
        assert_eq!(
            (message.conversation_id, message.content.as_str()),
            (id, "Hello, World!")
        );
    }

    #[test]
    fn what_a_client_writes_is_what_the_server_reads() {
        let request = Request {
            id: Some(RequestId::new("7").unwrap()),
            command: Command::Message(SendMessage::new(
                ConversationId::new(),
                MessageBody::text("hi"),
            )),
        };

        let text = serde_json::to_vec(&request).unwrap();

        assert_eq!(Request::parse(&text), Ok(request));
    }

    #[test]
    fn frames_that_are_no_commands_say_why() {
        let id = ConversationId::new();
        for (text, expected) in [
            ("", Code::InvalidFrame),
            ("[]", Code::InvalidFrame),
            ("{}", Code::InvalidFrame),
            (r#"{"type":"message_created"}"#, Code::InvalidFrame),
            (r#"{"type":"ping"} x"#, Code::InvalidFrame),
            (r#"{"type":"ping","id":{}}"#, Code::InvalidFrame),
            (r#"{"type":"typing"}"#, Code::InvalidType),
            (
                r#"{"type":"typing","conversation_id":"1"}"#,
                Code::InvalidId,
            ),
            (
                &format!(
                    r#"{{"type":"message","conversation_id":"{id}","content":"x","sender_id":"me"}}"#
                ),
                Code::UnknownField,
            ),
            (
                &format!(r#"{{"type":"read","conversation_id":"{id}","seq":-1}}"#),
                Code::InvalidType,
            ),
            (
                &format!(r#"{{"type":"read","conversation_id":"{id}","seq":"1"}}"#),
                Code::InvalidType,
            ),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn a_refused_frame_keeps_its_id_and_echoes_nothing_else() {
        let long = "x".repeat(1000);
        let malformed =
            Request::parse(format!(r#"{{"type":"{long}","id":"7"}}"#).as_bytes()).unwrap_err();

        assert_eq!(malformed.id, Some(RequestId::new("7").unwrap()));
        assert_eq!(malformed.detail, "unknown type");
        assert!(Request::parse(format!(r#"{{"type":"ping","id":"{long}"}}"#).as_bytes()).is_err());
    }
}
