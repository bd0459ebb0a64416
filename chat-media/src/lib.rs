//! Media for chat-core: content checks, thumbnails and a local-disk uploader.
//!
//! [`ImageInspector`] believes nothing but the bytes: it finds out the format, takes metadata and
//! everything behind the picture's end away, decodes the rest whole and makes a thumbnail.
//! [`DiskUploader`] keeps objects as files, whole or not at all.

mod container;
mod disk;
mod inspect;
mod limits;

pub use disk::DiskUploader;
pub use inspect::ImageInspector;
pub use limits::ImageLimits;
