//! From a frame's payload to a command.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Command, Request, RequestId};
use crate::model::MarkKind;
use crate::protocol::Code;

/// A frame that is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The frame's id, if it has one.
    pub id: Option<RequestId>,
    /// [`Code::InvalidFrame`], [`Code::UnknownField`], [`Code::InvalidType`], [`Code::InvalidId`] or
    /// [`Code::InvalidReaction`].
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
            "edit" => body(payload).map(Self::Edit),
            "delete" => body(payload).map(Self::Delete),
            "react" => body(payload).map(Self::React),
            "unreact" => body(payload).map(Self::Unreact),
            "typing" => body(payload).map(Self::Typing),
            "delivered" => body(payload).map(|mark| Self::Mark(MarkKind::Delivered, mark)),
            "read" => body(payload).map(|mark| Self::Mark(MarkKind::Read, mark)),
            "call" => body(payload).map(Self::Call),
            "resume" => body(payload).map(Self::Resume),
            "watch" => body(payload).map(Self::Watch),
            "unwatch" => body(payload).map(Self::Unwatch),
            "authenticate" => body(payload).map(Self::Authenticate),
            "ping" => Ok(Self::Ping),
            _ => Err((Code::InvalidFrame, "unknown type".to_owned())),
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
            serde_json::error::Category::Data if words.starts_with("not a valid reaction") => {
                Self::InvalidReaction
            }
            serde_json::error::Category::Data => Self::InvalidType,
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Self::InvalidJson,
        }
    }
}
