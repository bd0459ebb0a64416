//! Taking pictures' containers apart: what is picture stays, metadata and whatever is behind the end
//! goes. The picture's own data are not touched.

mod gif;
mod jpeg;
mod png;
mod webp;

use chat_core::model::MediaType;

pub(crate) use jpeg::orientation;

/// A picture's container, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cleaned {
    pub(crate) bytes: Vec<u8>,
    /// How many frames it has.
    pub(crate) frames: usize,
}

impl Cleaned {
    const fn still(bytes: Vec<u8>) -> Self {
        Self { bytes, frames: 1 }
    }
}

/// A format of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Gif,
    WebP,
}

impl Format {
    /// The format, by its magic bytes.
    pub(crate) fn detect(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
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
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::WebP),
            _ => None,
        }
    }

    /// What the domain calls it.
    pub(crate) const fn media_type(self) -> MediaType {
        match self {
            Self::Jpeg => MediaType::Jpeg,
            Self::Png => MediaType::Png,
            Self::Gif => MediaType::Gif,
            Self::WebP => MediaType::WebP,
        }
    }

    /// Cleans a container; none if it is damaged or incomplete.
    pub(crate) fn clean(self, bytes: &[u8]) -> Option<Cleaned> {
        match self {
            Self::Jpeg => jpeg::clean(bytes),
            Self::Png => png::clean(bytes),
            Self::Gif => gif::clean(bytes),
            Self::WebP => webp::clean(bytes),
        }
    }
}

/// Reads on through bytes; every step is none at their end.
#[derive(Debug, Clone, Copy)]
struct Walker<'a> {
    rest: &'a [u8],
}

impl<'a> Walker<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }
}
