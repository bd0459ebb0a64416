//! As much of RFC 6455 as both sides of the benchmark need: the head of a frame, and the key of a handshake.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

/// A frame with text.
pub(crate) const TEXT: u8 = 1;
/// A frame that ends the connection.
pub(crate) const CLOSE: u8 = 8;
/// A frame to be answered by a [`PONG`].
pub(crate) const PING: u8 = 9;
/// The answer to a [`PING`].
pub(crate) const PONG: u8 = 10;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Whether the message ends with this frame.
    pub(crate) last: bool,
    /// What kind of frame it is.
    pub(crate) opcode: u8,
    /// What the payload is masked with.
    pub(crate) mask: Option<[u8; 4]>,
    /// Bytes of the head.
    pub(crate) head: usize,
    /// Bytes of the payload.
    pub(crate) payload: usize,
}

impl Head {
    /// Reads the head of the frame that `bytes` begin with; none while it is not whole.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let [first, second, ..] = *bytes else {
            return None;
        };
        let (length, payload) = match second & 0x7f {
            126 => (2, usize::from(u16::from_be_bytes(part(bytes, 2)?))),
            127 => (
                8,
                usize::try_from(u64::from_be_bytes(part(bytes, 2)?)).ok()?,
            ),
            short => (0, usize::from(short)),
        };
        let masked = second & 0x80 != 0;
        let mask = match masked {
            true => Some(part(bytes, 2 + length)?),
            false => None,
        };
        Some(Self {
            last: first & 0x80 != 0,
            opcode: first & 0x0f,
            mask,
            head: 2 + length + if masked { 4 } else { 0 },
            payload,
        })
    }

    /// Bytes of the whole frame.
    pub(crate) const fn frame(&self) -> usize {
        self.head.saturating_add(self.payload)
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// The head of an unfragmented frame, appended to `out`.
pub(crate) fn write_head(out: &mut Vec<u8>, opcode: u8, payload: usize, mask: Option<[u8; 4]>) {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    out.push(0x80 | opcode);
    match (u8::try_from(payload), u16::try_from(payload)) {
        (Ok(short @ ..126), _) => out.push(masked | short),
        (_, Ok(long)) => {
            out.push(masked | 126);
            out.extend(long.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend((payload as u64).to_be_bytes());
        }
    }
    out.extend(mask.into_iter().flatten());
}

/// A whole frame of a client.
pub(crate) fn client_frame(opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    write_head(&mut frame, opcode, payload.len(), Some(mask));
    let head = frame.len();
    frame.extend_from_slice(payload);
    toggle(&mut frame[head..], mask, 0);
    frame
}

/// Masks `bytes`, or takes the mask away; they begin `at` bytes into the payload.
pub(crate) fn toggle(bytes: &mut [u8], mask: [u8; 4], at: usize) {
    for (place, byte) in (at..).zip(bytes) {
        *byte ^= mask[place % 4];
    }
}

/// What a server answers to a client's `Sec-WebSocket-Key`.
pub(crate) fn accept_key(key: &str) -> String {
    let mut digest = Sha1::new();
    digest.update(key);
    digest.update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::{Head, TEXT, accept_key, client_frame, toggle};

    #[test]
    fn frames_of_every_length_are_read_as_they_were_written() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let mut frame = client_frame(TEXT, &payload, [1, 2, 3, 4]);

            let head = Head::read(&frame).unwrap();

            assert_eq!((head.opcode, head.last), (TEXT, true), "{length}");
            assert_eq!((head.payload, head.frame()), (length, frame.len()));
            let body = &mut frame[head.head..];
            toggle(body, head.mask.unwrap(), 0);
            assert_eq!(body, payload);
        }
    }

    #[test]
    fn a_head_that_is_not_whole_is_no_head() {
        let frame = client_frame(TEXT, &[b'x'; 300], [1, 2, 3, 4]);
        for whole in 0..8 {
            assert_eq!(Head::read(&frame[..whole]), None, "{whole}");
        }
        assert!(Head::read(&frame[..8]).is_some());
    }

    #[test]
    fn the_key_is_answered_as_the_rfc_says() {
        assert_eq!(
            accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }
}
