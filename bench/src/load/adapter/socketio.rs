//! Socket.IO 4 over a WebSocket from the beginning, without polling.
//!
//! A packet is the digits of Engine.IO and Socket.IO, then JSON: `0` opens, `40` connects, `2` is a ping, `3` its
//! answer, `42` an event.

use super::{Adapter, Heard};
use crate::layout::Seat;
use crate::load::marker;

#[derive(Debug)]
pub(super) struct SocketIo;

impl Adapter for SocketIo {
    fn target(&self, _seat: Seat, _room: usize) -> String {
        "/socket.io/?EIO=4&transport=websocket".to_owned()
    }

    fn headers(&self, _seat: Seat) -> String {
        String::new()
    }

    fn opened(&self) -> Heard {
        Heard::Nothing
    }

    fn message(&self, room: usize) -> String {
        format!(
            r#"42["say",{{"room":"{room}","text":"{}"}}]"#,
            marker::text()
        )
    }

    fn hear(&self, room: usize, payload: &[u8], _back: bool) -> Heard {
        match payload {
            [b'0', b'{', ..] => Heard::Say("40".to_owned()),
            [b'4', b'0', ..] => Heard::Say(format!(r#"42["join","{room}"]"#)),
            [b'2'] => Heard::Say("3".to_owned()),
            [b'4', b'2', event @ ..] if event.starts_with(b"[\"joined\"") => Heard::Ready,
            [b'4', b'1' | b'4', ..] => Heard::Refused,
            _ => Heard::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Adapter as _, Heard, SocketIo};

    #[test]
    fn a_connection_opens_connects_and_joins() {
        for (packet, answer) in [
            (r#"0{"sid":"a"}"#, Heard::Say("40".to_owned())),
            (
                r#"40{"sid":"b"}"#,
                Heard::Say(r#"42["join","5"]"#.to_owned()),
            ),
            (r#"42["joined","5"]"#, Heard::Ready),
            ("2", Heard::Say("3".to_owned())),
            ("44{}", Heard::Refused),
        ] {
            assert_eq!(SocketIo.hear(5, packet.as_bytes(), false), answer);
        }
    }
}
