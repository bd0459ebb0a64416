//! Keeping checked bytes.

use std::error::Error;
use std::fmt::{self, Debug};

use async_trait::async_trait;
use bytes::Bytes;

use crate::id::UploadId;
use crate::model::ImageType;

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

/// The name of an object: made by us, never from what a user sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKey {
    /// The picture itself.
    Original(UploadId),
    /// Its thumbnail.
    Thumbnail(UploadId),
}

impl fmt::Display for ObjectKey {
    /// A key of letters, digits, `-` and `/` that is safe as a path on every object store.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original(id) => write!(f, "original/{id}"),
            Self::Thumbnail(id) => write!(f, "thumbnail/{id}"),
        }
    }
}

/// An object to keep: bytes that were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: ObjectKey,
    /// What its bytes are.
    pub content_type: ImageType,
    /// The bytes.
    pub bytes: Bytes,
}

/// Keeps checked bytes (images first of all) and gives them back.
///
/// # Contract
/// * `put` is whole or absent: nobody reads half an object, not even after a crash. Putting the
///   same key again replaces it. It returns where the place serves the object itself, as an
///   absolute URL, or none if the transport is to serve it through `read`.
/// * `read` gives the very bytes that were put, or none.
/// * `delete` of an object that is not there is no error.
/// * Visibility: once a call returns, every later call on any handle sees it.
#[async_trait]
pub trait MediaUploader: Debug + Send + Sync + 'static {
    /// Keeps an object.
    ///
    /// # Errors
    /// [`MediaError`]; then nothing is kept.
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError>;

    /// The bytes of an object.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`].
    async fn read(&self, key: ObjectKey) -> Result<Option<Bytes>, MediaError>;

    /// Deletes an object.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`].
    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError>;
}
