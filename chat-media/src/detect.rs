//! What a file is, by its first bytes.

use chat_core::media::{HEAD, Rejected};
use chat_core::model::MediaType;

use crate::container::Format;

/// Finds out what a file is whose first [`HEAD`] bytes, or all, are `head`.
pub(crate) fn detect(head: &[u8]) -> Result<MediaType, Rejected> {
    if head.is_empty() || is_markup(head) {
        return Err(Rejected::Unsupported);
    }
    let picture = Format::detect(head).map(Format::media_type);
    let found = picture
        .or_else(|| by_magic(head))
        .or_else(|| is_text(head).then_some(MediaType::Text));
    Ok(found.unwrap_or(MediaType::Binary))
}

/// Whether a browser that looks for itself could take it for HTML, SVG or XML (WHATWG MIME Sniffing,
/// section 7.1, and anything like it), in UTF-8 or UTF-16.
fn is_markup(head: &[u8]) -> bool {
    let text: Vec<u8> = match head {
        [0xff, 0xfe, rest @ ..] => rest.iter().step_by(2).copied().collect(),
        [0xfe, 0xff, rest @ ..] => rest.iter().skip(1).step_by(2).copied().collect(),
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        _ => head.to_vec(),
    };
    match text.trim_ascii_start() {
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'!' | b'?' | b'/'),
        _ => false,
    }
}

fn by_magic(head: &[u8]) -> Option<MediaType> {
    match head {
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'A',
            b'V',
            b'E',
            ..,
        ] => Some(MediaType::Wav),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => mpeg4(brand),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => matroska(head),
        [b'O', b'g', b'g', b'S', ..] => Some(MediaType::Ogg),
        [b'f', b'L', b'a', b'C', ..] => Some(MediaType::Flac),
        [b'I', b'D', b'3', ..] => Some(MediaType::Mp3),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(MediaType::Pdf),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(MediaType::Zip),
        [0xff, second, third, ..] => mpeg_sound(*second, *third),
        _ => None,
    }
}

/// An ISO base media file by its major brand. Pictures in this container (AVIF, HEIC) are none that are shown.
fn mpeg4(brand: &[u8]) -> Option<MediaType> {
    match brand.first_chunk::<4>()? {
        b"M4A " | b"M4B " => Some(MediaType::M4a),
        b"qt  " => Some(MediaType::QuickTime),
        b"avc1" | b"dash" | b"mp41" | b"mp42" | b"mp71" | b"mmp4" | b"MSNV" | b"M4V " | b"M4VH"
        | b"M4VP" | b"f4v " => Some(MediaType::Mp4),
        [b'i', b's', b'o', b'm' | b'2'..=b'9'] | [b'3', b'g', b'p' | b'2', _] => {
            Some(MediaType::Mp4)
        }
        _ => None,
    }
}

/// An EBML file whose document type is `webm`: with sound alone if it names a codec of sound and none of
/// pictures.
fn matroska(head: &[u8]) -> Option<MediaType> {
    let holds = |part: &[u8]| head.windows(part.len()).any(|window| window == part);
    if !head
        .get(..64.min(head.len()))?
        .windows(7)
        .any(|window| window == b"\x42\x82\x84webm")
    {
        return None;
    }
    let pictures = holds(b"V_VP8") || holds(b"V_VP9") || holds(b"V_AV1");
    let sound = holds(b"A_OPUS") || holds(b"A_VORBIS");
    Some(match sound && !pictures {
        true => MediaType::WebMAudio,
        false => MediaType::WebM,
    })
}

/// The header of an MPEG audio frame behind its first byte (ISO 11172-3, section 2.4.1.3): layer III, or AAC in
/// ADTS, which says layer 0.
fn mpeg_sound(second: u8, third: u8) -> Option<MediaType> {
    let (sync, version, layer) = (second >> 5, second >> 3 & 3, second >> 1 & 3);
    let (rate, sampling) = (third >> 4, third >> 2 & 3);
    match (sync, version, layer) {
        (7, 2 | 3, 0) if second & 0x10 != 0 => Some(MediaType::Aac),
        (7, 0 | 2 | 3, 1) if rate != 15 && sampling != 3 => Some(MediaType::Mp3),
        _ => None,
    }
}

/// UTF-8 without the controls that no text has; a sign may be cut in two at the end of the head.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && head.len() >= HEAD => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    text.chars()
        .all(|sign| !sign.is_control() || matches!(sign, '\t' | '\n' | '\r' | '\x0c' | '\x1b'))
}
