//! From a frame's payload to a command.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer as _, MapAccess, Visitor,
};
use serde::{Deserialize, Deserializer as _};

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

/// What every frame has, whatever else is wrong with it.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    _kind: String,
    #[serde(default)]
    id: Option<RequestId>,
}

impl Request {
    /// Reads a frame's payload.
    ///
    /// # Errors
    /// [`Malformed`] if it is not one JSON object that is a command, whole and with no field more.
    pub fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let text = str::from_utf8(payload).map_err(|_| Malformed {
            id: None,
            code: Code::InvalidFrame,
            detail: "not UTF-8".to_owned(),
        })?;
        Self::read(text).map_err(|found| Malformed::new(text, found))
    }

    fn read(text: &str) -> Result<Self, Option<serde_json::Error>> {
        let mut id = None;
        let command = match kind(text).as_deref() {
            Some("message") => body(text, &mut id).map(Command::Message),
            Some("edit") => body(text, &mut id).map(Command::Edit),
            Some("delete") => body(text, &mut id).map(Command::Delete),
            Some("react") => body(text, &mut id).map(Command::React),
            Some("unreact") => body(text, &mut id).map(Command::Unreact),
            Some("typing") => body(text, &mut id).map(Command::Typing),
            Some("delivered") => {
                body(text, &mut id).map(|mark| Command::Mark(MarkKind::Delivered, mark))
            }
            Some("read") => body(text, &mut id).map(|mark| Command::Mark(MarkKind::Read, mark)),
            Some("call") => body(text, &mut id).map(Command::Call),
            Some("resume") => body(text, &mut id).map(Command::Resume),
            Some("watch") => body(text, &mut id).map(Command::Watch),
            Some("unwatch") => body(text, &mut id).map(Command::Unwatch),
            Some("authenticate") => body(text, &mut id).map(Command::Authenticate),
            Some("ping") => body(text, &mut id).map(|IgnoredAny| Command::Ping),
            _ => return Err(None),
        };
        let command = command.map_err(Some)?;
        Ok(Self { id, command })
    }
}

impl Malformed {
    /// Says what was found wrong with a frame; of one whose type nobody knows, nothing was.
    fn new(text: &str, found: Option<serde_json::Error>) -> Self {
        match (serde_json::from_str::<Envelope>(text), found) {
            (Err(error), _) => Self {
                id: None,
                code: Code::InvalidFrame,
                detail: describe(&error),
            },
            (Ok(Envelope { id, .. }), None) => Self {
                id,
                code: Code::InvalidFrame,
                detail: "unknown type".to_owned(),
            },
            (Ok(Envelope { id, .. }), Some(error)) => Self {
                id,
                code: Code::of_json(&error),
                detail: describe(&error),
            },
        }
    }
}

/// The frame's `type`. What stands behind it is not looked at.
fn kind(text: &str) -> Option<Cow<'_, str>> {
    let mut kind = None;
    let mut input = serde_json::Deserializer::from_str(text);
    // That something follows is taken for a mistake here; real ones are found by whoever reads the frame whole.
    let _ = input.deserialize_map(KindVisitor(&mut kind));
    kind
}

struct KindVisitor<'a, 'de>(&'a mut Option<Cow<'de, str>>);

/// A text that is borrowed where it can be.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for KindVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Text(key)) = map.next_key()? {
            if key == "type" {
                let Text(kind) = map.next_value()?;
                *self.0 = Some(kind);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Reads a frame whole: what is the command's own, and the `id`.
fn body<'de, T: Deserialize<'de>>(
    text: &'de str,
    id: &mut Option<RequestId>,
) -> serde_json::Result<T> {
    let mut input = serde_json::Deserializer::from_str(text);
    let body = input.deserialize_map(BodyVisitor(id, PhantomData))?;
    input.end()?;
    Ok(body)
}

struct BodyVisitor<'a, T>(&'a mut Option<RequestId>, PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for BodyVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
        T::deserialize(MapAccessDeserializer::new(Body {
            map,
            id: self.0,
            had_type: false,
            had_id: false,
        }))
    }
}

/// A frame's fields without those of the envelope.
struct Body<'a, M> {
    map: M,
    id: &'a mut Option<RequestId>,
    had_type: bool,
    had_id: bool,
}

impl<'de, M: MapAccess<'de>> MapAccess<'de> for Body<'_, M> {
    type Error = M::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, M::Error> {
        while let Some(Text(key)) = self.map.next_key()? {
            match &*key {
                "type" if std::mem::replace(&mut self.had_type, true) => {
                    return Err(M::Error::duplicate_field("type"));
                }
                "type" => drop(self.map.next_value::<IgnoredAny>()?),
                "id" if std::mem::replace(&mut self.had_id, true) => {
                    return Err(M::Error::duplicate_field("id"));
                }
                "id" => *self.id = self.map.next_value()?,
                _ => return seed.deserialize(key.into_deserializer()).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, M::Error> {
        self.map.next_value_seed(seed)
    }
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
