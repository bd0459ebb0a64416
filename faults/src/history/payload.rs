//! What a message says: who sent it, and which of the sender's messages it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A message's unique payload, as text `client-counter`. The same text is its client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Payload {
    /// The number of the client that sends it.
    pub client: u32,
    /// Its number among the client's messages.
    pub counter: u32,
}

/// A text that is no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a payload")]
pub struct NoPayload;

/// What fills messages up; more than one byte a character, so that cuts show.
const FILLER: &str = "abc äöü 日本 🙂 ";

impl Payload {
    /// The message's text: the payload, then a filling that follows from it.
    #[must_use]
    pub fn content(self) -> String {
        let length = 8 + (self.client.wrapping_mul(31) ^ self.counter) % 57;
        let filling = FILLER.chars().cycle().skip(self.counter as usize % 8);
        let filling: String = filling.take(length as usize).collect();
        format!("{self}:{filling}.")
    }

    /// The payload that a text begins with, be the rest right or wrong.
    #[must_use]
    pub fn named_in(content: &str) -> Option<Self> {
        content.split_once(':')?.0.parse().ok()
    }

    /// The payload of a text that is whole and unchanged.
    #[must_use]
    pub fn of(content: &str) -> Option<Self> {
        Self::named_in(content).filter(|payload| payload.content() == content)
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.client, self.counter)
    }
}

impl FromStr for Payload {
    type Err = NoPayload;

    fn from_str(text: &str) -> Result<Self, NoPayload> {
        let (client, counter) = text.split_once('-').ok_or(NoPayload)?;
        Ok(Self {
            client: client.parse().map_err(|_| NoPayload)?,
            counter: counter.parse().map_err(|_| NoPayload)?,
        })
    }
}

impl TryFrom<String> for Payload {
    type Error = NoPayload;

    fn try_from(text: String) -> Result<Self, NoPayload> {
        text.parse()
    }
}

impl From<Payload> for String {
    fn from(payload: Payload) -> Self {
        payload.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Payload;

    #[test]
    fn a_text_tells_its_payload_and_whether_it_is_whole() {
        let payload = Payload {
            client: 7,
            counter: 42,
        };
        let content = payload.content();

        assert_eq!(Payload::of(&content), Some(payload));
        let cut = &content[..content.len() - 1];
        assert_eq!(
            (Payload::of(cut), Payload::named_in(cut)),
            (None, Some(payload))
        );
        assert_eq!(Payload::of("ghost"), None);
    }
}
