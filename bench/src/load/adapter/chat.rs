//! This library's own protocol, as `docs/protocol.md` has it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Adapter, Heard, ID};
use crate::layout::Seat;
use crate::load::marker;
use crate::serve::{Kept, Ready, chat};
use crate::token::Tokens;

#[derive(Debug)]
pub(super) struct Protocol {
    ready: Ready,
    tokens: Tokens,
}

impl Protocol {
    pub(super) const fn new(ready: Ready, tokens: Tokens) -> Self {
        Self { ready, tokens }
    }

    /// Asks for all that happened since what is kept of the room's conversations.
    fn resume(&self, room: usize, greeting: &[u8]) -> String {
        let greeting: Value = serde_json::from_slice(greeting).unwrap_or_default();
        let none = Kept::new();
        let revs = self.ready.kept.get(room).unwrap_or(&none);
        json!({"type": "resume", "epoch": greeting["epoch"], "revs": revs}).to_string()
    }
}

/// How long the server wants to be left alone for.
fn later(closing: &[u8]) -> Heard {
    let closing: Value = serde_json::from_slice(closing).unwrap_or_default();
    let after = closing["reconnect_after_ms"].as_u64();
    Heard::Later(Duration::from_millis(after.unwrap_or_default()))
}

impl Adapter for Protocol {
    fn target(&self, _seat: Seat, _room: usize) -> String {
        "/api/v1/ws".to_owned()
    }

    fn headers(&self, seat: Seat) -> String {
        // What cannot be signed is refused by the server.
        let token = self.tokens.mint(&chat::name(seat)).unwrap_or_default();
        format!("Authorization: Bearer {token}\r\n")
    }

    fn opened(&self) -> Heard {
        Heard::Nothing
    }

    fn conversation(&self, room: usize) -> String {
        let conversation = self.ready.conversations.get(room);
        conversation.cloned().unwrap_or_default()
    }

    fn message(&self, room: usize) -> String {
        format!(
            r#"{{"type":"message","conversation_id":"{}","client_id":"{ID}","content":"{}"}}"#,
            self.conversation(room),
            marker::text()
        )
    }

    fn hear(&self, room: usize, payload: &[u8], back: bool) -> Heard {
        let begins = |kind: &str| payload.starts_with(format!(r#"{{"type":"{kind}""#).as_bytes());
        if begins("ready") && back {
            Heard::Say(self.resume(room, payload))
        } else if begins("ready") || begins("resumed") {
            Heard::Ready
        } else if begins("closing") {
            later(payload)
        } else if begins("error") {
            Heard::Refused
        } else {
            Heard::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Adapter as _, Heard, Protocol, Ready, Tokens};

    #[test]
    fn a_connection_that_comes_back_resumes_first() {
        let ready = Ready {
            port: 1,
            conversations: vec!["c".to_owned()],
            kept: vec![[("c".to_owned(), 4)].into()],
        };
        let adapter = Protocol::new(ready, Tokens::new("key"));
        let greeting = br#"{"type":"ready","user_id":"u","epoch":"e"}"#;

        assert_eq!(adapter.hear(0, greeting, false), Heard::Ready);
        let Heard::Say(resume) = adapter.hear(0, greeting, true) else {
            panic!("nothing was said");
        };

        let resume: Value = serde_json::from_str(&resume).unwrap();
        let expected = json!({"type": "resume", "epoch": "e", "revs": {"c": 4}});
        assert_eq!(resume, expected);
        let resumed = br#"{"type":"resumed","left":[]}"#;
        assert_eq!(adapter.hear(0, resumed, true), Heard::Ready);
    }

    #[test]
    fn a_server_that_goes_away_says_for_how_long() {
        let adapter = Protocol::new(Ready::default(), Tokens::new("key"));
        let closing = br#"{"type":"closing","reconnect_after_ms":1500}"#;

        let heard = adapter.hear(0, closing, false);

        assert_eq!(heard, Heard::Later(Duration::from_millis(1_500)));
    }
}
