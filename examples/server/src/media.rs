//! The places for uploads that this program was built with, and the one that is configured.

use std::sync::Arc;

use chat_core::id::UploadId;
use chat_core::media::{MediaUploader, ObjectKey};
use chat_media::DiskUploader;

use crate::config::{Config, MediaUrl};
use crate::run::Failure;

/// Opens the place that is configured.
pub(crate) async fn open(config: &Config) -> Result<Arc<dyn MediaUploader>, Failure> {
    match &config.media {
        MediaUrl::Folder(folder) => Ok(Arc::new(DiskUploader::open(folder).await?)),
        #[cfg(feature = "object-store")]
        MediaUrl::Bucket(url) => {
            let patience = chat_media::Patience::default();
            let bucket = chat_media::BucketUploader::new(url, std::env::vars(), patience)?;
            Ok(Arc::new(bucket))
        }
        #[cfg(feature = "cloudinary")]
        MediaUrl::Cloudinary(url) => {
            let patience = chat_media::Patience::default();
            Ok(Arc::new(chat_media::CloudinaryUploader::new(
                url, patience,
            )?))
        }
        #[cfg(not(feature = "object-store"))]
        MediaUrl::Bucket(_) => Err(Failure::Feature {
            feature: "object-store",
        }),
        #[cfg(not(feature = "cloudinary"))]
        MediaUrl::Cloudinary(_) => Err(Failure::Feature {
            feature: "cloudinary",
        }),
    }
}

/// The origin that serves uploads where that is not this server: the page must be allowed to show them.
pub(crate) async fn origin(uploader: &dyn MediaUploader) -> Option<String> {
    let link = uploader.link(ObjectKey::Thumbnail(UploadId::new())).await;
    let link = link.inspect_err(|error| {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "uploads cannot be linked to"
        );
    });
    let link = link.ok().flatten()?;
    let (scheme, rest) = link.split_once("://")?;
    let (host, _) = rest.split_once('/')?;
    Some(format!("{scheme}://{host}"))
}
