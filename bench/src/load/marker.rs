//! What the text of each message begins with, to be found again in whatever a server makes of it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Bytes of a marker.
pub(crate) const MARKER: usize = 26;

/// Bytes of a message's text.
pub(crate) const TEXT: usize = 100;

/// The sender of messages that only ask whether a room is complete; no user has this number.
pub(crate) const ROLL_CALL: u16 = u16::MAX;

/// Which message it is: `~`, the sender, its number and the time, in hexadecimal digits, `~`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marker {
    /// The seat of its sender.
    pub(crate) sender: u16,
    /// The number among the sender's messages: 0, 1, 2, ...
    pub(crate) seq: u32,
    /// When it was meant to be sent, in microseconds of the generator's clock.
    pub(crate) micros: u64,
}

impl Marker {
    /// Writes it into [`MARKER`] bytes.
    pub(crate) fn write(&self) -> [u8; MARKER] {
        let mut text = [b'~'; MARKER];
        hexadecimal(&mut text[1..5], u64::from(self.sender));
        hexadecimal(&mut text[5..13], u64::from(self.seq));
        hexadecimal(&mut text[13..25], self.micros);
        text
    }

    /// Finds one in a frame: at the beginning of a JSON string.
    pub(crate) fn find(frame: &[u8]) -> Option<Self> {
        static BEGIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"~"));
        let at = BEGIN.find(frame)? + 1;
        let text = frame.get(at..at + MARKER)?;
        if text[MARKER - 1] != b'~' {
            return None;
        }
        Some(Self {
            sender: u16::try_from(number(&text[1..5])?).ok()?,
            seq: u32::try_from(number(&text[5..13])?).ok()?,
            micros: number(&text[13..25])?,
        })
    }
}

/// The text of a message with an empty marker in front, to be patched.
pub(crate) fn text() -> String {
    let mut text = String::from("~");
    let empty = "0".repeat(MARKER - 2);
    // Writing to a string does not fail.
    let _ = write!(text, "{empty}~{}", "x".repeat(TEXT - MARKER));
    text
}

/// Writes the last digits of `number` that fit.
pub(super) fn hexadecimal(text: &mut [u8], mut number: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[(number & 15) as usize];
        number >>= 4;
    }
}

fn number(text: &[u8]) -> Option<u64> {
    let mut number = 0;
    for digit in text {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        number = number << 4 | u64::from(value);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::{MARKER, Marker, TEXT, text};

    const MARK: Marker = Marker {
        sender: 9_999,
        seq: 70_000,
        micros: 123_456_789_012,
    };

    #[test]
    fn a_marker_is_found_in_whatever_is_around_it() {
        let written = MARK.write();
        let marker = std::str::from_utf8(&written).unwrap();
        for frame in [
            format!(r#"{{"room":"3","text":"{marker}xxxx"}}"#),
            format!(r#"42["said",{{"~":1,"text":"{marker}"}}]"#),
        ] {
            let found = Marker::find(frame.as_bytes());
            assert_eq!(found.is_some(), !frame.contains("\"~\":"), "{frame}");
        }
        let plain = format!(r#"{{"text":"{marker}xxxx"}}"#);
        assert_eq!(Marker::find(plain.as_bytes()), Some(MARK));
    }

    #[test]
    fn what_is_cut_off_or_no_number_is_no_marker() {
        let written = MARK.write();
        let marker = std::str::from_utf8(&written).unwrap();
        for frame in [
            String::new(),
            format!("\"{}", &marker[..MARKER - 1]),
            format!("\"{}", marker.replace('0', "g")),
            format!("\"{}!", &marker[..MARKER - 1]),
        ] {
            assert_eq!(Marker::find(frame.as_bytes()), None, "{frame}");
        }
    }

    #[test]
    fn a_text_has_its_length() {
        assert_eq!(text().len(), TEXT);
    }
}
