//! GIF89a: blocks.

use super::{Cleaned, Walker};

pub(super) fn clean(bytes: &[u8]) -> Option<Cleaned> {
    let mut walker = Walker::new(bytes);
    let screen = walker.take(13)?;
    let mut kept = screen.to_vec();
    kept.extend(walker.take(table(screen[10]))?);
    let mut frames = 0;
    loop {
        match walker.byte()? {
            0x3b => {
                kept.push(0x3b);
                return Some(Cleaned {
                    bytes: kept,
                    frames,
                });
            }
            0x2c => {
                frames += 1;
                let image = walker.take(9)?;
                kept.push(0x2c);
                kept.extend(image);
                kept.extend(walker.take(table(image[8]))?);
                kept.push(walker.byte()?);
                kept.extend(sub_blocks(&mut walker)?);
            }
            0x21 => {
                let label = walker.byte()?;
                let blocks = sub_blocks(&mut walker)?;
                let animation = label == 0xff
                    && matches!(blocks.get(1..12), Some(b"NETSCAPE2.0" | b"ANIMEXTS1.0"));
                if label == 0xf9 || animation {
                    kept.extend([0x21, label]);
                    kept.extend(blocks);
                }
            }
            _ => return None,
        }
    }
}

/// The size of a colour table, from its packed field.
fn table(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        0
    } else {
        3 << ((packed & 0x07) + 1)
    }
}

/// Data sub-blocks with their terminator.
fn sub_blocks<'a>(walker: &mut Walker<'a>) -> Option<&'a [u8]> {
    let start = walker.rest;
    let mut length = 0;
    loop {
        let size = usize::from(walker.byte()?);
        walker.take(size)?;
        length += size + 1;
        if size == 0 {
            return start.get(..length);
        }
    }
}
