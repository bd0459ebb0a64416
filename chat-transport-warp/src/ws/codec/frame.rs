//! Frame headers (RFC 6455, section 5.2) and the control frames of a server.

use bytes::Bytes;
use chat_core::protocol::CloseCode;

use super::CodecError;

/// The longest payload of a control frame (section 5.5).
const MAX_CONTROL: usize = 125;

/// What a frame is (section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A client's frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: [u8; 4],
    pub(super) length: u64,
    /// How long the header itself is.
    pub(super) size: usize,
}

impl Header {
    /// Reads a header; none if `input` ends before it does.
    pub(super) fn parse(input: &[u8]) -> Result<Option<Self>, CodecError> {
        let &[first, second, ..] = input else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return Err(CodecError::Protocol("reserved bits without an extension"));
        }
        if second & 0x80 == 0 {
            return Err(CodecError::Protocol("a client's frame without a mask"));
        }
        let opcode = opcode(first & 0x0f)?;
        let fin = first & 0x80 != 0;
        let short = second & 0x7f;
        if opcode.is_control() && (!fin || usize::from(short) > MAX_CONTROL) {
            return Err(CodecError::Protocol(
                "a control frame that is long or in parts",
            ));
        }
        let Some((length, at)) = length(short, &input[2..])? else {
            return Ok(None);
        };
        let Some(mask) = input
            .get(2 + at..6 + at)
            .and_then(|mask| mask.try_into().ok())
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            fin,
            opcode,
            mask,
            length,
            size: 6 + at,
        }))
    }
}

fn opcode(bits: u8) -> Result<Opcode, CodecError> {
    match bits {
        0x0 => Ok(Opcode::Continuation),
        0x1 => Ok(Opcode::Text),
        0x2 => Ok(Opcode::Binary),
        0x8 => Ok(Opcode::Close),
        0x9 => Ok(Opcode::Ping),
        0xa => Ok(Opcode::Pong),
        _ => Err(CodecError::Protocol("a reserved opcode")),
    }
}

/// The payload's length and how many further bytes say so; the shortest form is a must.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, CodecError> {
    let (length, at, least) = match short {
        126 => match rest.first_chunk::<2>() {
            Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2, 126),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(bytes) => (u64::from_be_bytes(*bytes), 8, 1 << 16),
            None => return Ok(None),
        },
        short => (u64::from(short), 0, 0),
    };
    if length < least || length >> 63 != 0 {
        return Err(CodecError::Protocol(
            "a length that is not in its shortest form",
        ));
    }
    Ok(Some((length, at)))
}

/// Takes the mask off, or on, `data`, of which the first byte is at `offset` of the payload.
pub(super) fn mask(data: &mut [u8], mask: [u8; 4], offset: usize) {
    let mut turned = mask;
    turned.rotate_left(offset % 4);
    let wide = u64::from_ne_bytes([
        turned[0], turned[1], turned[2], turned[3], turned[0], turned[1], turned[2], turned[3],
    ]);
    let (words, rest) = data.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(turned.into_iter().cycle()) {
        *byte ^= mask;
    }
}

/// A ping without payload.
#[must_use]
pub const fn ping_frame() -> Bytes {
    Bytes::from_static(&[0x89, 0])
}

/// The pong for a ping's payload, of which at most 125 bytes are given back.
#[must_use]
pub fn pong_frame(payload: &[u8]) -> Bytes {
    control(0x8a, &[payload])
}

/// A close with a code and its reason; without a code, an empty one (section 5.5.1).
#[must_use]
pub fn close_frame(code: Option<CloseCode>) -> Bytes {
    match code {
        Some(code) => control(
            0x88,
            &[&code.as_u16().to_be_bytes(), code.reason().as_bytes()],
        ),
        None => control(0x88, &[]),
    }
}

fn control(first: u8, parts: &[&[u8]]) -> Bytes {
    let mut frame = vec![first, 0];
    for part in parts {
        let room = (MAX_CONTROL + 2).saturating_sub(frame.len());
        frame.extend_from_slice(&part[..part.len().min(room)]);
    }
    frame[1] = u8::try_from(frame.len() - 2).unwrap_or(0);
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_is_the_same_whatever_pieces_it_is_done_in() {
        let plain: Vec<u8> = (0..61).collect();
        let key = [1, 2, 3, 4];
        let mut whole = plain.clone();
        mask(&mut whole, key, 0);
        for cut in 0..plain.len() {
            let mut parts = plain.clone();
            mask(&mut parts[..cut], key, 0);
            mask(&mut parts[cut..], key, cut);
            assert_eq!(parts, whole, "{cut}");
        }
    }

    #[test]
    fn every_close_reason_fits_a_control_frame() {
        for code in CloseCode::ALL {
            let frame = close_frame(Some(*code));
            assert_eq!(usize::from(frame[1]) + 2, frame.len());
            assert_eq!(frame[2..4], code.as_u16().to_be_bytes());
        }
    }
}
