//! Media for chat-core: content checks, thumbnails, and places to keep objects.
//!
//! [`ImageInspector`] believes nothing but the bytes: it finds out what a file is, and of a picture it takes
//! metadata and everything behind its end away, decodes the rest whole and makes a thumbnail.
//! [`DiskUploader`] keeps objects as files; with the feature `object-store`, `BucketUploader` keeps them in a bucket
//! of S3, Google Cloud Storage or Azure, and with `cloudinary`, `CloudinaryUploader` in Cloudinary; all of them whole
//! or not at all.

#[cfg(feature = "object-store")]
mod bucket;
#[cfg(feature = "cloudinary")]
mod cloudinary;
mod container;
mod detect;
mod disk;
#[cfg(feature = "_http")]
mod http;
mod inspect;
mod limits;

#[cfg(feature = "object-store")]
pub use bucket::BucketUploader;
#[cfg(feature = "cloudinary")]
pub use cloudinary::CloudinaryUploader;
pub use disk::DiskUploader;
#[cfg(feature = "_http")]
pub use http::{InvalidPlace, Patience};
pub use inspect::ImageInspector;
pub use limits::ImageLimits;
