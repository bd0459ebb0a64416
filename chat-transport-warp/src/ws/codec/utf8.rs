//! UTF-8 in pieces: a code point may be cut by a fragment's end.

/// Checks text that comes in pieces; keeps at most the three bytes of a code point that is not
/// whole yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Utf8 {
    partial: [u8; 4],
    length: usize,
}

impl Utf8 {
    /// Checks the next piece; false as soon as the text cannot become valid.
    pub(super) fn push(&mut self, mut piece: &[u8]) -> bool {
        while self.length > 0 {
            let Some((byte, rest)) = piece.split_first() else {
                return true;
            };
            self.partial[self.length] = *byte;
            self.length += 1;
            piece = rest;
            match std::str::from_utf8(&self.partial[..self.length]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        match std::str::from_utf8(piece) {
            Ok(_) => true,
            Err(error) if error.error_len().is_some() => false,
            Err(error) => {
                let tail = &piece[error.valid_up_to()..];
                self.partial[..tail.len()].copy_from_slice(tail);
                self.length = tail.len();
                true
            }
        }
    }

    /// Whether the text ends with a whole code point.
    pub(super) const fn is_whole(self) -> bool {
        self.length == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_valid_whatever_pieces_it_comes_in() {
        let text = "aé€😀z".as_bytes();
        for cut in 0..=text.len() {
            let mut utf8 = Utf8::default();
            assert!(
                utf8.push(&text[..cut]) && utf8.push(&text[cut..]) && utf8.is_whole(),
                "{cut}"
            );
        }
        let mut utf8 = Utf8::default();
        assert!(text.iter().all(|byte| utf8.push(&[*byte])) && utf8.is_whole());
    }

    #[test]
    fn invalid_text_is_told_at_the_first_byte_that_cannot_be() {
        for (whole, bad) in [
            (&b"\xce\xba"[..], &b"\xed\xa0"[..]),
            (b"", b"\xf4\x90"),
            (b"", b"\xc0"),
            (b"", b"\x80"),
        ] {
            let mut utf8 = Utf8::default();
            assert!(utf8.push(whole) && !utf8.push(bad), "{bad:x?}");
        }
        let mut utf8 = Utf8::default();
        assert!(utf8.push(b"\xe2\x82") && !utf8.is_whole());
    }
}
