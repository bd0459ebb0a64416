//! A finished frame: encoded once, shared by everyone it goes to.

use bytes::Bytes;
use serde::Serialize;

/// The longest header of an unmasked frame (RFC 6455, section 5.2): 2 bytes and a 64-bit length.
const MAX_HEADER: usize = 10;

/// FIN and the text opcode.
const TEXT: u8 = 0x81;

/// A whole WebSocket text frame as a server sends it: header and payload, ready to write.
///
/// Cloning shares the bytes. Transports that are not WebSockets take the [`payload`](Self::payload).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Bytes,
    header: u8,
}

impl Frame {
    /// Encodes `value` as JSON into a frame.
    ///
    /// # Panics
    /// If `value` has a map whose keys are not strings: no wire type has.
    #[must_use]
    pub fn json(value: &impl Serialize) -> Self {
        let mut buffer = Vec::with_capacity(512);
        buffer.resize(MAX_HEADER, 0);
        serde_json::to_writer(&mut buffer, value)
            .expect("wire types have string keys and memory does not fail");
        Self::finish(buffer)
    }

    /// A frame of this text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut buffer = Vec::with_capacity(MAX_HEADER + text.len());
        buffer.resize(MAX_HEADER, 0);
        buffer.extend_from_slice(text.as_bytes());
        Self::finish(buffer)
    }

    /// A frame that a transport made itself, for instance a ping: all of it counts as payload.
    #[must_use]
    pub const fn ready(bytes: Bytes) -> Self {
        Self { bytes, header: 0 }
    }

    /// Writes the header right in front of the payload, so that the two are one piece of memory.
    fn finish(mut buffer: Vec<u8>) -> Self {
        let length = buffer.len() - MAX_HEADER;
        let header: u8 = match length {
            0..=125 => 2,
            126..=0xffff => 4,
            _ => 10,
        };
        let start = MAX_HEADER - usize::from(header);
        let (short, wide) = (length.to_be_bytes(), (length as u64).to_be_bytes());
        buffer[start] = TEXT;
        match header {
            2 => buffer[start + 1] = short[short.len() - 1],
            4 => {
                buffer[start + 1] = 126;
                buffer[start + 2..MAX_HEADER].copy_from_slice(&short[short.len() - 2..]);
            }
            _ => {
                buffer[start + 1] = 127;
                buffer[start + 2..MAX_HEADER].copy_from_slice(&wide);
            }
        }
        Self {
            bytes: Bytes::from(buffer).slice(start..),
            header,
        }
    }

    /// Header and payload.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The payload alone.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.bytes[usize::from(self.header)..]
    }

    /// The payload alone, sharing the frame's memory.
    #[must_use]
    pub fn payload_bytes(&self) -> Bytes {
        self.bytes.slice(usize::from(self.header)..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_fits_every_length() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (0xffff, 4), (0x1_0000, 10)] {
            let text = "x".repeat(length);
            let frame = Frame::text(&text);

            assert_eq!(frame.bytes().len(), header + length, "{length}");
            assert_eq!(frame.payload(), text.as_bytes());
            assert_eq!(frame.bytes()[0], 0x81);
        }
        assert_eq!(Frame::text(&"x".repeat(300)).bytes()[1..4], [126, 1, 44]);
    }

    #[test]
    fn json_becomes_the_payload() {
        assert_eq!(
            Frame::json(&serde_json::json!({"a": 1})).payload(),
            br#"{"a":1}"#
        );
    }
}
