//! Taking pictures and giving them back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::chat::{Chat, Error};
use crate::id::{Timestamp, UploadId, UserId};
use crate::media::{Inspected, MediaUploader, Object, ObjectKey};
use crate::model::{ImageType, Purpose, Upload};
use crate::policy::Action;
use crate::protocol::Code;

/// How long an upload may wait for the message that it is for.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// How many orphans are looked up at once.
const SWEEP: usize = 100;

/// Which picture of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// The picture itself.
    Original,
    /// The smaller one; of an upload without one, the picture itself.
    Thumbnail,
}

/// A picture's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The upload.
    pub upload: Upload,
    /// What the bytes are.
    pub content_type: ImageType,
    /// The bytes; shared.
    pub bytes: Bytes,
}

impl Chat {
    /// Checks and keeps a picture.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Rejected`], [`Error::Quota`], [`Code::TooLarge`].
    pub async fn upload(
        &self,
        owner: &UserId,
        purpose: Purpose,
        bytes: Bytes,
    ) -> Result<Upload, Error> {
        let (Some(inspector), Some(uploader)) = (&self.shared.inspector, &self.shared.uploader)
        else {
            return Err(Error::NotFound);
        };
        let size = bytes.len() as u64;
        if size > self.shared.limits.upload_bytes {
            return Err(Error::invalid(
                Code::TooLarge,
                "file",
                "the file is too large",
            ));
        }
        self.ask(owner, Action::Upload(size)).await?;
        self.within_quota(owner, size).await?;
        let inspected = inspector.inspect(bytes).await??;
        let upload = self.keep(uploader, owner, purpose, &inspected).await?;
        if let Err(error) = self.shared.uploads.create(&upload).await {
            discard(uploader, upload.id).await;
            return Err(error.into());
        }
        Ok(upload)
    }

    async fn within_quota(&self, owner: &UserId, size: u64) -> Result<(), Error> {
        let hour_ago = Timestamp::now().minus(Duration::from_secs(3600));
        let usage = self.shared.uploads.usage(owner, hour_ago).await?;
        let limits = &self.shared.limits;
        if usage.recent >= limits.uploads_per_hour || usage.bytes + size > limits.upload_quota {
            return Err(Error::Quota);
        }
        Ok(())
    }

    /// Keeps the picture and its thumbnail, or neither.
    async fn keep(
        &self,
        uploader: &Arc<dyn MediaUploader>,
        owner: &UserId,
        purpose: Purpose,
        inspected: &Inspected,
    ) -> Result<Upload, Error> {
        let id = UploadId::new();
        let original = Object {
            key: ObjectKey::Original(id),
            content_type: inspected.content_type,
            bytes: inspected.bytes.clone(),
        };
        let url = uploader.put(&original).await?;
        if let Some(thumbnail) = &inspected.thumbnail {
            let small = Object {
                key: ObjectKey::Thumbnail(id),
                content_type: thumbnail.content_type,
                bytes: thumbnail.bytes.clone(),
            };
            if let Err(error) = uploader.put(&small).await {
                discard(uploader, id).await;
                return Err(error.into());
            }
        }
        Ok(Upload {
            id,
            owner: owner.clone(),
            purpose,
            content_type: inspected.content_type,
            size: inspected.bytes.len() as u64,
            width: inspected.width,
            height: inspected.height,
            has_thumbnail: inspected.thumbnail.is_some(),
            url,
            created_at: Timestamp::now(),
        })
    }

    /// A picture's bytes, for those who may see it.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NotFound`].
    pub async fn media(
        &self,
        viewer: &UserId,
        id: UploadId,
        variant: Variant,
    ) -> Result<Media, Error> {
        let uploader = self.shared.uploader.as_ref().ok_or(Error::NotFound)?;
        let upload = self
            .shared
            .uploads
            .find(id, viewer)
            .await?
            .ok_or(Error::NotFound)?;
        let key = match variant {
            Variant::Thumbnail if upload.has_thumbnail => ObjectKey::Thumbnail(id),
            Variant::Original | Variant::Thumbnail => ObjectKey::Original(id),
        };
        let bytes = uploader.read(key).await?.ok_or(Error::NotFound)?;
        let content_type = sniff(&bytes).unwrap_or(upload.content_type);
        Ok(Media {
            upload,
            content_type,
            bytes,
        })
    }

    /// Deletes uploads that no message came to hold within a day; how many. Call it now and then.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn sweep_uploads(&self) -> Result<usize, Error> {
        let Some(uploader) = &self.shared.uploader else {
            return Ok(0);
        };
        let before = Timestamp::now().minus(ORPHAN_AGE);
        let mut swept = 0;
        for upload in self.shared.uploads.orphans(before, SWEEP).await? {
            if self.shared.uploads.delete(upload.id).await? {
                discard(uploader, upload.id).await;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// A thumbnail may be of another format than its picture.
fn sniff(bytes: &[u8]) -> Option<ImageType> {
    match bytes {
        [0xff, 0xd8, ..] => Some(ImageType::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(ImageType::Png),
        [b'G', b'I', b'F', ..] => Some(ImageType::Gif),
        [b'R', b'I', b'F', b'F', ..] => Some(ImageType::WebP),
        _ => None,
    }
}

/// Deletes what was kept; what cannot be deleted is left behind and said.
async fn discard(uploader: &Arc<dyn MediaUploader>, id: UploadId) {
    for key in [ObjectKey::Original(id), ObjectKey::Thumbnail(id)] {
        if let Err(error) = uploader.delete(key).await {
            tracing::warn!(%key, error = &error as &dyn std::error::Error, "media left behind");
        }
    }
}
