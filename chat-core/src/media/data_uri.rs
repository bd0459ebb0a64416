//! Bytes inside text, as front ends without uploads send pictures within JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// The longest media type, with its parameters, in bytes.
const MAX_MEDIA_TYPE: usize = 127;

/// A `data:` URI (RFC 2397) that was taken apart: `data:image/png;base64,iVBORw0KGgo=`.
///
/// Of the RFC it takes what browsers write: a media type, which may have parameters, and base64 in
/// the standard alphabet with its padding. Percent-encoding, white space and a missing media type
/// are refused.
///
/// # Example: the bytes of a picture
/// ```
/// use chat_core::media::DataUri;
///
/// let uri = DataUri::parse("data:image/png;base64,iVBORw0KGgo=", 1 << 20)?;
/// assert_eq!(uri.declared_type(), "image/png");
/// assert_eq!(&uri.bytes()[..], b"\x89PNG\r\n\x1a\n");
/// # Ok::<(), chat_core::media::InvalidDataUri>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataUri {
    declared_type: String,
    bytes: Bytes,
}

/// Why a text is no `data:` URI that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDataUri {
    /// It does not begin with `data:`, a media type and `;base64,`.
    #[error("not a base64 data URI")]
    Malformed,
    /// It holds more bytes than allowed.
    #[error("the data URI holds too many bytes")]
    TooLarge,
    /// What follows the comma is not base64.
    #[error("the data URI is not valid base64")]
    Encoding,
}

impl DataUri {
    /// Takes a text apart that holds at most `max_bytes` bytes. Their number is told from the length of the
    /// text, so that nothing too large is decoded.
    ///
    /// # Errors
    /// [`InvalidDataUri`].
    pub fn parse(text: &str, max_bytes: usize) -> Result<Self, InvalidDataUri> {
        let (head, encoded) = text.split_once(',').ok_or(InvalidDataUri::Malformed)?;
        let declared_type = media_type(head).ok_or(InvalidDataUri::Malformed)?;
        let padding = encoded.bytes().rev().take_while(|byte| *byte == b'=');
        let padding = padding.take(2).count();
        if (encoded.len() / 4 * 3).saturating_sub(padding) > max_bytes {
            return Err(InvalidDataUri::TooLarge);
        }
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| InvalidDataUri::Encoding)?;
        Ok(Self {
            declared_type: declared_type.to_owned(),
            bytes: bytes.into(),
        })
    }

    /// How long the text of `bytes` bytes can be: what a host allows the body that holds it, besides what else is
    /// in it.
    #[must_use]
    pub fn longest(bytes: u64) -> usize {
        let head = "data:".len() + MAX_MEDIA_TYPE + ";base64,".len();
        let encoded = bytes.div_ceil(3).saturating_mul(4);
        usize::try_from(encoded).map_or(usize::MAX, |encoded| encoded.saturating_add(head))
    }

    /// The media type that the sender wrote. Nothing is known of it: what the bytes are is told by a
    /// [`MediaInspector`](super::MediaInspector).
    #[must_use]
    pub fn declared_type(&self) -> &str {
        &self.declared_type
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The bytes alone.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

/// The media type between `data:` and `;base64`.
fn media_type(head: &str) -> Option<&str> {
    let (scheme, rest) = head.split_at_checked("data:".len())?;
    let full = rest.strip_suffix(";base64")?;
    let mut parameters = full.split(';');
    let (kind, subtype) = parameters.next()?.split_once('/')?;
    let named = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) => is_token(name) && is_token(value),
        None => false,
    };
    let valid = scheme.eq_ignore_ascii_case("data:")
        && full.len() <= MAX_MEDIA_TYPE
        && is_token(kind)
        && is_token(subtype)
        && parameters.all(named);
    valid.then_some(full)
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_write_is_taken() {
        for (text, declared, bytes) in [
            (
                "data:image/png;base64,AAEC",
                "image/png",
                &b"\0\x01\x02"[..],
            ),
            ("DATA:image/svg+xml;base64,PA==", "image/svg+xml", b"<"),
            (
                "data:audio/webm;codecs=opus;base64,+/8=",
                "audio/webm;codecs=opus",
                b"\xfb\xff",
            ),
            ("data:text/plain;base64,", "text/plain", b""),
        ] {
            let uri = DataUri::parse(text, 3).unwrap();
            assert_eq!(uri.declared_type(), declared);
            assert_eq!(uri.into_bytes(), bytes, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "data:",
            "data:,",
            "data:;base64,AAEC",
            "data:image/png,AAEC",
            "data:image;base64,AAEC",
            "data:/png;base64,AAEC",
            "data:image/;base64,AAEC",
            "data:image/p ng;base64,AAEC",
            "data:image/png;;base64,AAEC",
            "data:image/png;a;base64,AAEC",
            "data:image/png; base64,AAEC",
            " data:image/png;base64,AAEC",
            "http://x/image/png;base64,AAEC",
            "dat\u{e4}:image/png;base64,AAEC",
        ] {
            let answer = DataUri::parse(text, 3);
            assert_eq!(answer, Err(InvalidDataUri::Malformed), "{text}");
        }
        let long = format!("data:image/{};base64,AAEC", "x".repeat(MAX_MEDIA_TYPE));
        assert_eq!(DataUri::parse(&long, 3), Err(InvalidDataUri::Malformed));
        for encoded in [
            "AAE", "AA=C", "A===", "AAEC\n", "AA E", "AA-_", "AAF=", "%41A=",
        ] {
            let answer = DataUri::parse(&format!("data:image/png;base64,{encoded}"), 9);
            assert_eq!(answer, Err(InvalidDataUri::Encoding), "{encoded}");
        }
    }

    #[test]
    fn a_text_is_no_longer_than_the_longest() {
        let full = format!("image/{}", "x".repeat(MAX_MEDIA_TYPE - "image/".len()));
        for count in 0..20 {
            let text = format!("data:{full};base64,{}", STANDARD.encode(vec![7; count]));
            assert!(DataUri::parse(&text, count).is_ok());
            assert_eq!(text.len(), DataUri::longest(count as u64), "{count}");
        }
        assert_eq!(DataUri::longest(u64::MAX), usize::MAX);
    }

    #[test]
    fn the_size_is_told_before_anything_is_decoded() {
        let of =
            |count: usize| format!("data:image/png;base64,{}", STANDARD.encode(vec![7; count]));
        for count in 0..20 {
            assert!(DataUri::parse(&of(count), count).is_ok(), "{count}");
            let answer = DataUri::parse(&of(count + 1), count);
            assert_eq!(answer, Err(InvalidDataUri::TooLarge), "{count}");
        }
        let not_even_base64 = format!("data:image/png;base64,{}", "*".repeat(1_000));
        let answer = DataUri::parse(&not_even_base64, 100);
        assert_eq!(answer, Err(InvalidDataUri::TooLarge));
    }
}
