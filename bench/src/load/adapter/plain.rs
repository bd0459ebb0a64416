//! The obvious protocol: a room and a text, copied to everybody in the room.

use super::{Adapter, Heard};
use crate::layout::Seat;
use crate::load::marker;

/// Bytes of a `message_created` event of this library around such a text.
const EVENT: usize = 387;

#[derive(Debug)]
pub(super) enum Plain {
    /// A room and a text, and nothing else.
    Short,
    /// As long as this library's events are.
    Long,
}

impl Adapter for Plain {
    fn target(&self, seat: Seat, room: usize) -> String {
        format!("/ws?user={seat}&room={room}")
    }

    fn headers(&self, _seat: Seat) -> String {
        String::new()
    }

    fn opened(&self) -> Heard {
        Heard::Ready
    }

    fn message(&self, room: usize) -> String {
        let short = format!(r#"{{"room":"{room}","text":"{}""#, marker::text());
        match self {
            Self::Short => short + "}",
            Self::Long => {
                let rest = EVENT.saturating_sub(short.len() + r#","rest":""}"#.len());
                format!(r#"{short},"rest":"{}"}}"#, "x".repeat(rest))
            }
        }
    }

    fn hear(&self, _room: usize, _payload: &[u8], _back: bool) -> Heard {
        Heard::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_as_long_as_an_event_whatever_the_room() {
        for room in [0, 7, 99] {
            let [short, long] = [Plain::Short, Plain::Long].map(|plain| plain.message(room));
            assert!(serde_json::from_str::<serde_json::Value>(&short).is_ok());
            assert!(serde_json::from_str::<serde_json::Value>(&long).is_ok());
            assert_eq!(long.len(), EVENT);
        }
    }
}
