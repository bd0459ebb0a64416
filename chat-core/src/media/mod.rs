//! The ports for media: what is in these bytes, and where they are kept; and bytes on their way there.

mod data_uri;
mod disposition;
mod inspect;
mod spool;
mod upload;

pub use data_uri::{DataUri, InvalidDataUri};
pub use disposition::disposition;
pub use inspect::{HEAD, Inspected, MediaInspector, Rejected, Thumbnail};
pub use spool::{Spool, SpoolWriter, SpooledFile};
pub use upload::{Content, MediaError, MediaUploader, Object, ObjectKey, Reading};
