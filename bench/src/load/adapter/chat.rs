//! This library's own protocol, as `docs/protocol.md` has it.

use serde_json::Value;

use super::{Adapter, Heard, ID};
use crate::layout::Seat;
use crate::load::marker;
use crate::serve::{Ready, chat};
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

    fn conversation(&self, room: usize) -> &str {
        self.ready
            .conversations
            .get(room)
            .map_or("", String::as_str)
    }

    /// Asks for all that happened since the rooms were made.
    fn resume(&self, room: usize, greeting: &[u8]) -> String {
        let greeting: Value = serde_json::from_slice(greeting).unwrap_or_default();
        let (id, epoch) = (self.conversation(room), &greeting["epoch"]);
        let rev = self.ready.revs.get(room).copied().unwrap_or_default();
        format!(r#"{{"type":"resume","epoch":{epoch},"revs":{{"{id}":{rev}}}}}"#)
    }
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
        } else if begins("error") {
            Heard::Refused
        } else {
            Heard::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Adapter as _, Heard, Protocol, Ready, Tokens};

    #[test]
    fn a_connection_that_comes_back_resumes_first() {
        let ready = Ready {
            port: 1,
            conversations: vec!["c".to_owned()],
            revs: vec![4],
        };
        let adapter = Protocol::new(ready, Tokens::new("key"));
        let greeting = br#"{"type":"ready","user_id":"u","epoch":"e"}"#;

        assert_eq!(adapter.hear(0, greeting, false), Heard::Ready);
        let Heard::Say(resume) = adapter.hear(0, greeting, true) else {
            panic!("nothing was said");
        };

        assert_eq!(resume, r#"{"type":"resume","epoch":"e","revs":{"c":4}}"#);
        let resumed = br#"{"type":"resumed","left":[]}"#;
        assert_eq!(adapter.hear(0, resumed, true), Heard::Ready);
    }
}
