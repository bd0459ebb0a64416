//! From bytes to messages.

use super::CodecError;
use super::frame::{Header, Opcode, mask};
use super::utf8::Utf8;

/// A message or a control frame of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole text message, valid UTF-8.
    Text(&'a [u8]),
    /// A whole binary message; only where they are allowed.
    Binary(&'a [u8]),
    /// A ping and its payload, to be given back.
    Ping(&'a [u8]),
    /// A pong.
    Pong,
    /// The peer closes: nothing after this counts. The code, if it gave one.
    Close(Option<u16>),
}

/// Decodes what a client sends.
///
/// Memory: nothing while idle between frames; otherwise what of a message has come, which is at
/// most the limit. No claimed length is ever allocated ahead.
#[derive(Debug)]
pub struct Decoder {
    max_message: usize,
    allow_binary: bool,
    /// A frame, or its header, that has not come whole; its payload is still masked.
    pending: Vec<u8>,
    /// The fragments of a message so far.
    message: Vec<u8>,
    /// What the message is, once its first fragment has come.
    kind: Option<Opcode>,
    utf8: Utf8,
    closed: bool,
}

impl Decoder {
    /// A decoder for text messages of at most `max_message` bytes.
    #[must_use]
    pub fn new(max_message: usize) -> Self {
        Self {
            max_message,
            allow_binary: false,
            pending: Vec::new(),
            message: Vec::new(),
            kind: None,
            utf8: Utf8::default(),
            closed: false,
        }
    }

    /// The same, with binary messages allowed.
    #[must_use]
    pub const fn allow_binary(mut self) -> Self {
        self.allow_binary = true;
        self
    }

    /// How many bytes it holds on to.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.pending.capacity() + self.message.capacity()
    }

    /// Decodes `input`, which it scribbles over, and hands each item to `sink`.
    ///
    /// # Errors
    /// [`CodecError`] for what the peer did wrong; items before it have been handed over. The
    /// decoder is of no use afterwards.
    pub fn decode(
        &mut self,
        input: &mut [u8],
        mut sink: impl FnMut(Item<'_>),
    ) -> Result<(), CodecError> {
        if self.pending.is_empty() {
            let used = self.frames(input, &mut sink)?;
            self.keep(&input[used..]);
            return Ok(());
        }
        self.pending.extend_from_slice(input);
        let mut joined = std::mem::take(&mut self.pending);
        let used = self.frames(&mut joined, &mut sink)?;
        if used == 0 {
            self.pending = joined;
        } else {
            self.keep(&joined[used..]);
        }
        Ok(())
    }

    fn keep(&mut self, rest: &[u8]) {
        if !self.closed && !rest.is_empty() {
            self.pending = rest.to_vec();
        }
    }

    /// Decodes all whole frames at the front of `input`; how many bytes they were.
    fn frames(
        &mut self,
        input: &mut [u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<usize, CodecError> {
        let mut used = 0;
        while !self.closed {
            let Some(header) = Header::parse(&input[used..])? else {
                break;
            };
            self.admit(&header)?;
            let start = used + header.size;
            // The limit was checked: the length fits, and so does the sum.
            let end = start + usize::try_from(header.length).map_err(|_| CodecError::TooBig)?;
            if end > input.len() {
                self.foresee(&header, &input[start..])?;
                break;
            }
            let payload = &mut input[start..end];
            mask(payload, header.mask, 0);
            self.frame(&header, payload, sink)?;
            used = end;
        }
        Ok(used)
    }

    /// Refuses a frame by its header alone.
    fn admit(&self, header: &Header) -> Result<(), CodecError> {
        if header.opcode.is_control() {
            return Ok(());
        }
        match (header.opcode, self.kind) {
            (Opcode::Continuation, None) => {
                return Err(CodecError::Protocol("a continuation of nothing"));
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(CodecError::Protocol("a new message within another"));
            }
            (Opcode::Binary, None) if !self.allow_binary => return Err(CodecError::Binary),
            _ => {}
        }
        let room = (self.max_message - self.message.len()) as u64;
        if header.length > room {
            Err(CodecError::TooBig)
        } else {
            Ok(())
        }
    }

    /// Looks into text that has not come whole: what cannot become valid is refused at once.
    fn foresee(&self, header: &Header, part: &[u8]) -> Result<(), CodecError> {
        let text = header.opcode == Opcode::Text
            || (header.opcode == Opcode::Continuation && self.kind == Some(Opcode::Text));
        if text && part.len() < 1024 {
            let mut plain = part.to_vec();
            mask(&mut plain, header.mask, 0);
            let mut utf8 = self.utf8;
            if !utf8.push(&plain) {
                return Err(CodecError::InvalidUtf8);
            }
        }
        Ok(())
    }

    fn frame(
        &mut self,
        header: &Header,
        payload: &[u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<(), CodecError> {
        match header.opcode {
            Opcode::Ping => sink(Item::Ping(payload)),
            Opcode::Pong => sink(Item::Pong),
            Opcode::Close => {
                let code = close_code(payload)?;
                self.closed = true;
                sink(Item::Close(code));
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                self.data(header, payload, sink)?;
            }
        }
        Ok(())
    }

    fn data(
        &mut self,
        header: &Header,
        payload: &[u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<(), CodecError> {
        let kind = self.kind.unwrap_or(header.opcode);
        if kind == Opcode::Text && !self.utf8.push(payload) {
            return Err(CodecError::InvalidUtf8);
        }
        if !header.fin {
            self.kind = Some(kind);
            self.message.extend_from_slice(payload);
            return Ok(());
        }
        if !self.utf8.is_whole() {
            return Err(CodecError::InvalidUtf8);
        }
        let gathered = std::mem::take(&mut self.message);
        let whole = if self.kind.take().is_none() {
            payload
        } else {
            &[&gathered, payload].concat()
        };
        match kind {
            Opcode::Text => sink(Item::Text(whole)),
            _ => sink(Item::Binary(whole)),
        }
        Ok(())
    }
}

/// The code of a close frame (section 7.4): those that may be sent, with a reason in UTF-8.
fn close_code(payload: &[u8]) -> Result<Option<u16>, CodecError> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() {
            Ok(None)
        } else {
            Err(CodecError::Protocol("half a close code"))
        };
    };
    let code = u16::from_be_bytes(*code);
    let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    if !may_be_sent {
        return Err(CodecError::Protocol("a close code that cannot be sent"));
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(CodecError::InvalidUtf8);
    }
    Ok(Some(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Owned {
        Text(Vec<u8>),
        Ping(Vec<u8>),
        Pong,
        Close(Option<u16>),
    }

    fn own(item: Item<'_>) -> Owned {
        match item {
            Item::Text(text) | Item::Binary(text) => Owned::Text(text.to_vec()),
            Item::Ping(payload) => Owned::Ping(payload.to_vec()),
            Item::Pong => Owned::Pong,
            Item::Close(code) => Owned::Close(code),
        }
    }

    fn client_frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let key = [7, 11, 13, 17];
        let mut frame = vec![first];
        match payload.len() {
            0..=125 => frame.push(0x80 | u8::try_from(payload.len()).unwrap()),
            126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&key);
        let start = frame.len();
        frame.extend_from_slice(payload);
        mask(&mut frame[start..], key, 0);
        frame
    }

    fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<Owned>, CodecError> {
        let mut items = Vec::new();
        decoder
            .decode(&mut bytes.to_vec(), |item| items.push(own(item)))
            .map(|()| items)
    }

    fn error(frames: &[Vec<u8>]) -> CodecError {
        decode(&mut Decoder::new(1000), &frames.concat()).unwrap_err()
    }

    #[test]
    fn a_whole_frame_needs_no_memory_of_its_own() {
        let mut decoder = Decoder::new(1000);

        let items = decode(&mut decoder, &client_frame(0x81, b"hello")).unwrap();

        assert_eq!(items, [Owned::Text(b"hello".to_vec())]);
        assert_eq!(decoder.held(), 0);
    }

    #[test]
    fn fragments_make_a_message_and_control_frames_may_come_between() {
        let frames = [
            client_frame(0x01, b"he"),
            client_frame(0x89, b"p"),
            client_frame(0x80, b"llo"),
        ];

        let items = decode(&mut Decoder::new(1000), &frames.concat()).unwrap();

        assert_eq!(
            items,
            [Owned::Ping(b"p".to_vec()), Owned::Text(b"hello".to_vec())]
        );
    }

    #[test]
    fn what_the_protocol_forbids_is_told_by_its_code() {
        let protocol = |frames: &[Vec<u8>]| {
            assert!(
                matches!(error(frames), CodecError::Protocol(_)),
                "{frames:x?}"
            );
        };
        protocol(&[vec![0x81, 0x00]]);
        protocol(&[client_frame(0xc1, b"x")]);
        protocol(&[client_frame(0x83, b"x")]);
        protocol(&[client_frame(0x8b, b"x")]);
        protocol(&[client_frame(0x80, b"x")]);
        protocol(&[client_frame(0x01, b"x"), client_frame(0x81, b"y")]);
        protocol(&[client_frame(0x09, b"x")]);
        protocol(&[client_frame(0x89, &[0; 126])]);
        protocol(&[client_frame(0x88, b"x")]);
        protocol(&[vec![0x81, 0xfe, 0, 5, 0, 0, 0, 0]]);
        protocol(&[vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
        for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
            protocol(&[client_frame(0x88, &code.to_be_bytes())]);
        }
        assert_eq!(error(&[client_frame(0x82, b"x")]), CodecError::Binary);
        assert_eq!(
            error(&[client_frame(0x81, b"\xff")]),
            CodecError::InvalidUtf8
        );
        assert_eq!(
            error(&[client_frame(0x88, b"\x03\xe8\xff")]),
            CodecError::InvalidUtf8
        );
        assert_eq!(
            error(&[client_frame(0x81, &[b'x'; 1001])]),
            CodecError::TooBig
        );
        assert_eq!(
            error(&[
                client_frame(0x01, &[b'x'; 600]),
                client_frame(0x80, &[b'x'; 401])
            ]),
            CodecError::TooBig
        );
    }

    #[test]
    fn a_claimed_length_is_refused_before_its_bytes_come() {
        let claim = [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];

        assert_eq!(
            decode(&mut Decoder::new(1000), &claim),
            Err(CodecError::TooBig)
        );
    }

    #[test]
    fn text_that_cannot_become_valid_is_refused_before_its_end() {
        let mut frame = client_frame(0x81, b"\xce\xba\xed\xa0\x80edited");
        frame.truncate(frame.len() - 3);

        assert_eq!(
            decode(&mut Decoder::new(1000), &frame),
            Err(CodecError::InvalidUtf8)
        );
    }

    #[test]
    fn nothing_after_a_close_counts() {
        let frames = [client_frame(0x88, b"\x03\xe8bye"), vec![0xff; 30]];

        assert_eq!(
            decode(&mut Decoder::new(1000), &frames.concat()),
            Ok(vec![Owned::Close(Some(1000))])
        );
    }

    proptest! {
        #[test]
        fn any_split_of_a_stream_gives_the_same_items(
            texts in prop::collection::vec(("\\PC{0,200}", 0..3_u8), 1..6),
            cuts in prop::collection::vec(0..2000_usize, 0..12),
        ) {
            let mut stream = Vec::new();
            for (text, parts) in &texts {
                match parts {
                    0 => stream.extend(client_frame(0x81, text.as_bytes())),
                    1 => stream.extend(client_frame(0x89, &text.as_bytes()[..text.len().min(125)])),
                    _ => {
                        let middle = text.len() / 2;
                        stream.extend(client_frame(0x01, &text.as_bytes()[..middle]));
                        stream.extend(client_frame(0x80, &text.as_bytes()[middle..]));
                    }
                }
            }
            let whole = decode(&mut Decoder::new(10_000), &stream).unwrap();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let mut decoder = Decoder::new(10_000);
            let mut items = Vec::new();
            for pair in cuts.windows(2) {
                items.extend(decode(&mut decoder, &stream[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(items, whole);
            prop_assert_eq!(decoder.held(), 0);
        }

        #[test]
        fn no_bytes_panic_or_take_more_memory_than_the_limit(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
        ) {
            let mut decoder = Decoder::new(500);
            for piece in pieces {
                if decode(&mut decoder, &piece).is_err() {
                    break;
                }
                prop_assert!(decoder.held() < 4096);
            }
        }
    }
}
