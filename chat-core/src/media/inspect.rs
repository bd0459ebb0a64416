//! Looking into bytes that a user sent.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;

use crate::media::MediaError;
use crate::model::MediaType;

/// Bytes that were found to be a picture, made fit to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The format, by what the bytes are.
    pub content_type: MediaType,
    /// The picture without metadata (EXIF and the like) and without anything behind its end.
    pub bytes: Bytes,
    /// Width in pixels, as shown.
    pub width: u32,
    /// Height in pixels, as shown.
    pub height: u32,
    /// A smaller picture, if the picture is large enough to want one.
    pub thumbnail: Option<Thumbnail>,
}

/// A smaller picture of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// Its format.
    pub content_type: MediaType,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Why bytes were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// They are of no format that is taken here.
    #[error("files of this format are not taken here")]
    Unsupported,
    /// They begin like a picture and are damaged or incomplete.
    #[error("the image is damaged or incomplete")]
    Damaged,
    /// More pixels a side, in all, or more frames than allowed.
    #[error("the image has too many pixels or frames")]
    TooLarge,
}

/// How many of a file's first bytes tell what it is.
pub const HEAD: usize = 4 << 10;

/// Tells what files are, and checks pictures.
///
/// # Contract
/// * Nothing is believed but the bytes: no name and no declared type.
/// * `detect` is quick and pure. What begins as markup does (HTML, SVG, XML), which a browser could take for
///   a page, is refused, and so is a file without bytes. What is of no known format is
///   [`Binary`](MediaType::Binary).
/// * `inspect` takes what `detect` calls an image, and refuses anything else.
/// * Every [`Inspected`] can be decoded whole; it holds no metadata and nothing behind its end.
/// * Memory and time of one call are bounded, whatever the bytes; how many run at once too.
/// * The call does not block the runtime's threads, and no bytes make it panic.
/// * Cancellation: work that goes on after its call was dropped keeps its place until it is done.
///
/// # Implementing
/// With the feature `conformance`, `inspector_conformance!` tests an implementation.
#[async_trait]
pub trait MediaInspector: Debug + Send + Sync + 'static {
    /// What a file is whose first [`HEAD`] bytes, or all if it has fewer, are `head`.
    ///
    /// # Errors
    /// [`Rejected::Unsupported`] if such files are not taken.
    fn detect(&self, head: &[u8]) -> Result<MediaType, Rejected>;

    /// Looks into the `bytes` of a picture.
    ///
    /// # Errors
    /// [`MediaError::Busy`] if too many are being looked at.
    async fn inspect(&self, bytes: Bytes) -> Result<Result<Inspected, Rejected>, MediaError>;
}
