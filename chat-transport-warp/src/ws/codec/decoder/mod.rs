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
    fragments: usize,
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
            fragments: 0,
        }
    }

    /// How many fragments of messages came since this was last asked.
    pub fn take_fragments(&mut self) -> usize {
        std::mem::take(&mut self.fragments)
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
        self.fragments += usize::from(!header.fin || header.opcode == Opcode::Continuation);
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
mod tests;
