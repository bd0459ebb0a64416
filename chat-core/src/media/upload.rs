//! Keeping checked bytes.

use std::error::Error;
use std::fmt::{self, Debug};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncRead;

use crate::id::UploadId;
use crate::media::SpooledFile;
use crate::model::{FileName, MediaKind, MediaType, Upload};

/// How keeping or reading an object fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// There is no room left for it.
    #[error("no room left for media")]
    Full(#[source] Box<dyn Error + Send + Sync>),
    /// The place where media are kept cannot be reached or failed.
    #[error("media cannot be reached")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Too much is under way at once; try again shortly.
    #[error("too many media are being worked on")]
    Busy,
}

impl MediaError {
    /// A place that cannot be reached or failed, and why.
    #[must_use]
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }
}

impl From<std::io::Error> for MediaError {
    /// What a file system says: full, or not to be reached.
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full(error.into())
            }
            _ => Self::Unavailable(error.into()),
        }
    }
}

/// The name of an object: made by us, never from what a user sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKey {
    /// The upload itself. Its kind is no part of the name, but some places keep kinds apart.
    Original(UploadId, MediaKind),
    /// The thumbnail of a picture.
    Thumbnail(UploadId),
}

impl ObjectKey {
    /// Both objects that there may be of an upload.
    #[must_use]
    pub const fn all_of(upload: &Upload) -> [Self; 2] {
        [
            Self::Original(upload.id, upload.content_type.kind()),
            Self::Thumbnail(upload.id),
        ]
    }

    /// What the object is to people.
    #[must_use]
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Original(_, kind) => kind,
            Self::Thumbnail(_) => MediaKind::Image,
        }
    }
}

impl fmt::Display for ObjectKey {
    /// A key of letters, digits, `-` and `/` that is safe as a path on every object store.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original(id, _) => write!(f, "original/{id}"),
            Self::Thumbnail(id) => write!(f, "thumbnail/{id}"),
        }
    }
}

/// The bytes of an object to keep.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// In a file, which is there as long as this is.
    File(Arc<SpooledFile>),
}

impl Content {
    /// How many bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.size(),
        }
    }
}

/// An object to keep: bytes that were checked.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its name.
    pub key: ObjectKey,
    /// What its bytes are.
    pub content_type: MediaType,
    /// What the file was called, for places that serve it themselves.
    pub name: Option<FileName>,
    /// The bytes.
    pub content: Content,
}

/// An object's bytes as they come.
pub struct Reading {
    /// Size of the whole object in bytes, also where a part is read.
    pub size: u64,
    /// The bytes. It ends early only with an error.
    pub bytes: Pin<Box<dyn AsyncRead + Send>>,
}

impl Reading {
    /// What reads `bytes` of an object of `size` bytes.
    #[must_use]
    pub fn new(size: u64, bytes: impl AsyncRead + Send + 'static) -> Self {
        Self {
            size,
            bytes: Box::pin(bytes),
        }
    }
}

impl Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Keeps checked bytes and gives them back.
///
/// # Contract
/// * `put` is whole or absent: nobody reads half an object, not even after a crash or when the call is
///   dropped. Putting the same key again replaces it. It returns where the place serves the object to
///   everybody who knows the address, as an absolute URL, or none.
/// * `read` gives the very bytes that were put, or none; of a range, those from its start up to its end or
///   the object's. An empty range, or one that begins at or behind the object's end, gives no bytes. They
///   are read as they are asked for: no more than a piece of them is in memory.
/// * A reading that was begun gives one whole object, also while another is put in its place or it is
///   deleted, or it fails.
/// * `link` gives an absolute URL under which whoever has it reads the object for a short while, without
///   another question, or none where the place does not serve objects itself. Nothing is asked about the
///   object, which need not be there; the place may be asked for credentials.
/// * `delete` of an object that is not there is no error.
/// * Visibility: once a call returns, every later call on any handle sees it.
/// * Every call, and every step of a reading, ends within a bounded time.
#[async_trait]
pub trait MediaUploader: Debug + Send + Sync + 'static {
    /// Keeps an object.
    ///
    /// # Errors
    /// [`MediaError`]; then nothing is kept, or what was kept before.
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError>;

    /// The bytes of an object, or those of `range`.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`].
    async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError>;

    /// Where the object can be read for a short while.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`].
    async fn link(&self, key: ObjectKey) -> Result<Option<String>, MediaError>;

    /// Deletes an object.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`].
    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError>;
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: MediaUploader + ?Sized> MediaUploader for Arc<T> {
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError> {
        (**self).put(object).await
    }

    async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        (**self).read(key, range).await
    }

    async fn link(&self, key: ObjectKey) -> Result<Option<String>, MediaError> {
        (**self).link(key).await
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        (**self).delete(key).await
    }
}
