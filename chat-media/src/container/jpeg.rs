//! JPEG (ITU-T T.81, annex B): segments.

use super::{Cleaned, Walker};

/// Keeps what a decoder needs: tables, frames, scans, the colour profile (APP2 "`ICC_PROFILE`") and
/// Adobe's colour transform (APP14). Everything else that an application put in goes.
pub(super) fn clean(bytes: &[u8]) -> Option<Cleaned> {
    let mut walker = Walker::new(bytes);
    let mut kept = walker.take(2)?.to_vec();
    loop {
        let marker = marker(&mut walker)?;
        match marker {
            0xd9 => {
                kept.extend([0xff, 0xd9]);
                return Some(Cleaned::still(kept));
            }
            0x01 | 0xd0..=0xd8 => return None,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(*walker.rest.first_chunk::<2>()?));
        let segment = walker.take(length)?;
        let payload = segment.get(2..)?;
        let keep = match marker {
            0xe2 => payload.starts_with(b"ICC_PROFILE\0"),
            0xee => payload.starts_with(b"Adobe"),
            0xe0..=0xef | 0xfe => false,
            _ => true,
        };
        if keep {
            kept.extend([0xff, marker]);
            kept.extend(segment);
        }
        if marker == 0xda {
            kept.extend(scan(&mut walker)?);
        }
    }
}

/// The next marker; fill bytes before it do not count.
fn marker(walker: &mut Walker<'_>) -> Option<u8> {
    if walker.byte()? != 0xff {
        return None;
    }
    loop {
        let byte = walker.byte()?;
        if byte != 0xff {
            return Some(byte).filter(|byte| *byte != 0);
        }
    }
}

/// Entropy-coded data: up to a marker that is neither a stuffed zero nor a restart.
fn scan<'a>(walker: &mut Walker<'a>) -> Option<&'a [u8]> {
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    let length = walker.rest.windows(2).position(ends)?;
    walker.take(length)
}

/// The EXIF orientation (1 to 8) of the original, if it says one.
pub(crate) fn orientation(bytes: &[u8]) -> Option<u8> {
    let mut walker = Walker::new(bytes.get(2..)?);
    loop {
        let marker = marker(&mut walker)?;
        if matches!(marker, 0xda | 0xd9) {
            return None;
        }
        let length = usize::from(u16::from_be_bytes(*walker.rest.first_chunk::<2>()?));
        let payload = walker.take(length)?.get(2..)?;
        if let (0xe1, Some(tiff)) = (marker, payload.strip_prefix(b"Exif\0\0")) {
            return image::metadata::Orientation::from_exif_chunk(tiff)
                .map(image::metadata::Orientation::to_exif);
        }
    }
}
