//! WebP: a RIFF container.

use super::{Cleaned, Walker};

/// Of the features that `VP8X` announces: EXIF and XMP metadata.
const METADATA: u8 = 0x08 | 0x04;

pub(super) fn clean(bytes: &[u8]) -> Option<Cleaned> {
    let mut walker = Walker::new(bytes);
    let head = walker.take(12)?;
    let size = usize::try_from(u32::from_le_bytes(*head.get(4..8)?.first_chunk::<4>()?)).ok()?;
    let mut body = Walker::new(walker.rest.get(..size.checked_sub(4)?)?);
    let mut kept = Vec::new();
    let mut frames = 0;
    while !body.rest.is_empty() {
        let chunk_head = body.take(8)?;
        let length = usize::try_from(u32::from_le_bytes(
            *chunk_head.get(4..8)?.first_chunk::<4>()?,
        ))
        .ok()?;
        let data = body.take(length)?;
        // A missing last padding byte is common and harmless.
        let _ = body.take(length % 2);
        let name = chunk_head.get(..4)?;
        frames += usize::from(name == b"ANMF");
        let mut data = data.to_vec();
        match name {
            b"VP8X" => *data.first_mut()? &= !METADATA,
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {}
            _ => continue,
        }
        kept.extend(chunk_head);
        kept.extend(&data);
        kept.extend(std::iter::repeat_n(0, length % 2));
    }
    let size = u32::try_from(kept.len().checked_add(4)?).ok()?;
    let mut whole = b"RIFF".to_vec();
    whole.extend(size.to_le_bytes());
    whole.extend(b"WEBP");
    whole.extend(kept);
    Some(Cleaned {
        bytes: whole,
        frames: frames.max(1),
    })
}
