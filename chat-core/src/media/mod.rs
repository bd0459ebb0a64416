//! The ports for media: what is in these bytes, and where they are kept.

mod inspect;
mod upload;

pub use inspect::{Inspected, MediaInspector, Rejected, Thumbnail};
pub use upload::{MediaError, MediaUploader, Object, ObjectKey};
