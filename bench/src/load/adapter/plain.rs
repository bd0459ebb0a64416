//! The obvious protocol: a room and a text, copied to everybody in the room.

use super::{Adapter, Heard};
use crate::layout::Seat;
use crate::load::marker;

#[derive(Debug)]
pub(super) struct Plain;

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
        format!(r#"{{"room":"{room}","text":"{}"}}"#, marker::text())
    }

    fn hear(&self, _room: usize, _payload: &[u8], _back: bool) -> Heard {
        Heard::Nothing
    }
}
