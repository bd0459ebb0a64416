//! What browsers do with a file.

use std::fmt::Write as _;

use crate::model::{FileName, MediaKind, MediaType};

/// The `Content-Disposition` of a file: pictures, videos and sounds are shown in place, anything else is saved;
/// under its name, in ASCII (RFC 6266) and as it is (RFC 8187).
#[must_use]
pub fn disposition(content_type: MediaType, name: Option<&FileName>) -> String {
    let mut text = match content_type.kind() {
        MediaKind::Image | MediaKind::Video | MediaKind::Audio => "inline".to_owned(),
        MediaKind::File => "attachment".to_owned(),
    };
    let Some(name) = name.map(FileName::as_str) else {
        return text;
    };
    let plain = |sign: char| match sign {
        '"' | '\\' | '%' => '_',
        ' '..='~' => sign,
        _ => '_',
    };
    let ascii: String = name.chars().map(plain).collect();
    text.push_str(&format!("; filename=\"{ascii}\""));
    if ascii != name {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => text.push(char::from(byte)),
                b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|'
                | b'~' => {
                    text.push(char::from(byte));
                }
                // Writing to a text cannot fail.
                _ => drop(write!(text, "%{byte:02X}")),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_encoded_and_end_nothing() {
        let of = |content_type, name| disposition(content_type, FileName::clean(name).as_ref());
        assert_eq!(of(MediaType::Png, ""), "inline");
        assert_eq!(of(MediaType::Pdf, ""), "attachment");
        assert_eq!(
            of(MediaType::Mp4, "a b.mp4"),
            "inline; filename=\"a b.mp4\""
        );
        assert_eq!(
            of(MediaType::Binary, "a\";filename=x\r\nSet-Cookie: y"),
            "attachment; filename=\"a_;filename=xSet-Cookie: y\"; filename*=UTF-8''a%22%3Bfilename%3DxSet-Cookie%3A%20y"
        );
        assert_eq!(
            of(MediaType::Zip, "Ré 50%.zip"),
            "attachment; filename=\"R_ 50_.zip\"; filename*=UTF-8''R%C3%A9%2050%25.zip"
        );
    }
}
