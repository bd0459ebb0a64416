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
pub(crate) async fn origin(uploader: &dyn MediaUploader) -> Result<Option<String>, Failure> {
    let link = uploader.link(ObjectKey::Thumbnail(UploadId::new())).await;
    let link = link.map_err(Failure::Link)?;
    Ok(link.as_deref().and_then(origin_of))
}

fn origin_of(link: &str) -> Option<String> {
    let (scheme, rest) = link.split_once("://")?;
    let (host, _) = rest.split_once('/')?;
    Some(format!("{scheme}://{host}"))
}

#[cfg(all(test, feature = "object-store"))]
mod tests {
    use std::time::Duration;

    use chat_media::{BucketUploader, Patience};

    use super::*;

    #[tokio::test]
    async fn a_place_that_cannot_be_linked_to_is_told_at_the_start() {
        let closed = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1"),
        ];
        let closed = closed.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let patience = Patience::new(Duration::from_secs(1));
        let bucket = BucketUploader::new("s3://kept", closed, patience).unwrap();

        let told = origin(&bucket).await.unwrap_err();

        assert!(told.to_string().contains("CHAT_MEDIA_URL"), "{told}");
    }
}
