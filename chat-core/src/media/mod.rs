//! The ports for media: what is in these bytes, and where they are kept; and bytes that come inside text.

mod data_uri;
mod inspect;
mod upload;

pub use data_uri::{DataUri, InvalidDataUri};
pub use inspect::{Inspected, MediaInspector, Rejected, Thumbnail};
pub use upload::{MediaError, MediaUploader, Object, ObjectKey};
