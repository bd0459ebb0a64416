//! PNG (ISO/IEC 15948): chunks.

use super::{Cleaned, Walker};

/// Chunks that change what is seen; the others say something about the picture, or hide something.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"pHYs", b"acTL", b"fcTL", b"fdAT", b"cICP",
];

pub(super) fn clean(bytes: &[u8]) -> Option<Cleaned> {
    let mut walker = Walker::new(bytes);
    let mut kept = walker.take(8)?.to_vec();
    let mut frames = 0;
    loop {
        let length = usize::try_from(u32::from_be_bytes(*walker.rest.first_chunk::<4>()?)).ok()?;
        let chunk = walker.take(length.checked_add(12)?)?;
        let name = chunk.get(4..8)?;
        if KEPT.iter().any(|known| known.as_slice() == name) {
            kept.extend(chunk);
        }
        frames += usize::from(name == b"fcTL");
        if name == b"IEND" {
            return Some(Cleaned {
                bytes: kept,
                frames: frames.max(1),
            });
        }
    }
}
