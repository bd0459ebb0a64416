//! Giving uploads back, and deleting those that nobody sent.

use std::collections::{BTreeSet, HashSet};
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::{interval, timeout};

use crate::chat::{Chat, Error};
use crate::id::{Timestamp, UploadId, UserId};
use crate::media::{MediaError, MediaUploader, ObjectKey, Reading};
use crate::model::{MediaType, Purpose, Upload};

/// How long an upload may wait for the message that it is for.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// How many orphans are looked up at once.
const SWEEP: usize = 100;

/// How often they are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// What of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// All of it.
    Original,
    /// A smaller picture; of an upload without one, all of it.
    Thumbnail,
}

/// What somebody may read of an upload.
#[derive(Debug, Clone)]
pub struct Media {
    /// The upload.
    pub upload: Upload,
    key: ObjectKey,
    uploader: Arc<dyn MediaUploader>,
}

impl Media {
    /// Where the bytes can be read without asking here again, or none if they are to be [read](Self::read)
    /// and sent. Whoever has it may read them, some for a short while, some for ever.
    ///
    /// # Errors
    /// [`Error::Media`].
    pub async fn link(&self) -> Result<Option<String>, Error> {
        match (&self.upload.url, self.key) {
            (Some(url), ObjectKey::Original(..)) => Ok(Some(url.clone())),
            (_, key) => Ok(self.uploader.link(key).await?),
        }
    }

    /// The size of the bytes, where it is known before they are read: it is not of thumbnails.
    #[must_use]
    pub const fn size(&self) -> Option<u64> {
        match self.key {
            ObjectKey::Original(..) => Some(self.upload.size),
            ObjectKey::Thumbnail(_) => None,
        }
    }

    /// Begins to read the bytes, or those of `range`, which is for uploads of known [size](Self::size); and tells
    /// what they are.
    ///
    /// # Errors
    /// [`Error::Media`]; [`Error::NotFound`] if they are gone.
    pub async fn read(&self, range: Option<Range<u64>>) -> Result<(MediaType, Reading), Error> {
        let range = range.filter(|_| self.size().is_some());
        let reading = self.uploader.read(self.key, range).await?;
        let reading = reading.ok_or(Error::NotFound)?;
        match self.key {
            ObjectKey::Original(..) => Ok((self.upload.content_type, reading)),
            ObjectKey::Thumbnail(_) => sniffed(reading).await,
        }
    }
}

/// Tells a thumbnail's format, which may be another than its picture's, by its first byte.
async fn sniffed(mut reading: Reading) -> Result<(MediaType, Reading), Error> {
    let mut first = [0];
    let read = reading.bytes.read_exact(&mut first).await;
    read.map_err(MediaError::from)?;
    let content_type = match first {
        [0x89] => MediaType::Png,
        [b'G'] => MediaType::Gif,
        [b'R'] => MediaType::WebP,
        _ => MediaType::Jpeg,
    };
    let whole = Cursor::new(first).chain(reading.bytes);
    Ok((content_type, Reading::new(reading.size, whole)))
}

impl Chat {
    /// An upload's bytes, for those who may see it: nothing of them is read yet.
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
        let upload = self.shared.uploads.find(id, viewer).await?;
        let upload = upload.ok_or(Error::NotFound)?;
        let [original, thumbnail] = ObjectKey::all_of(&upload);
        let key = match variant {
            Variant::Thumbnail if upload.has_thumbnail => thumbnail,
            Variant::Original | Variant::Thumbnail => original,
        };
        Ok(Media {
            upload,
            key,
            uploader: Arc::clone(uploader),
        })
    }

    /// Deletes uploads that nothing came to hold or show within a day; how many. [`watch_uploads`](Self::watch_uploads)
    /// does it now and then.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn sweep_uploads(&self) -> Result<usize, Error> {
        let Some(uploader) = &self.shared.uploader else {
            return Ok(0);
        };
        let attachments = self.sweep(uploader, Purpose::Attachment).await;
        // Of the two, one that fails leaves the other its turn.
        let avatars = self.sweep(uploader, Purpose::Avatar).await?;
        Ok(attachments? + avatars)
    }

    async fn sweep(
        &self,
        uploader: &Arc<dyn MediaUploader>,
        purpose: Purpose,
    ) -> Result<usize, Error> {
        let before = Timestamp::now().minus(ORPHAN_AGE);
        let (mut swept, mut last) = (0, None);
        loop {
            let orphans = &self.shared.uploads;
            let orphans = orphans.orphans(purpose, before, last.as_ref(), SWEEP);
            let orphans = orphans.await?;
            let is_full = orphans.len() == SWEEP;
            last = orphans.last().cloned();
            swept += self.delete_all(uploader, purpose, orphans).await?;
            if !is_full {
                return Ok(swept);
            }
        }
    }

    async fn delete_all(
        &self,
        uploader: &Arc<dyn MediaUploader>,
        purpose: Purpose,
        orphans: Vec<Upload>,
    ) -> Result<usize, Error> {
        let mut deleted = 0;
        for upload in self.not_shown(purpose, orphans).await? {
            if !self.shared.uploads.delete(upload.id).await? {
                continue;
            }
            if discard(uploader, &upload).await {
                deleted += 1;
            } else {
                // What the place does not delete now, a later sweep does.
                self.shared.uploads.create(&upload).await?;
            }
        }
        Ok(deleted)
    }

    /// Without those that the host's users show: the store knows only the built-in accounts.
    async fn not_shown(
        &self,
        purpose: Purpose,
        mut orphans: Vec<Upload>,
    ) -> Result<Vec<Upload>, Error> {
        if purpose == Purpose::Avatar && !orphans.is_empty() {
            let owners: BTreeSet<&UserId> = orphans.iter().map(|upload| &upload.owner).collect();
            let owners: Vec<UserId> = owners.into_iter().cloned().collect();
            let profiles = self.shared.users.find(&owners).await?;
            let shown: HashSet<UploadId> = profiles.iter().filter_map(|user| user.avatar).collect();
            orphans.retain(|upload| !shown.contains(&upload.id));
        }
        Ok(orphans)
    }

    /// [Sweeps](Self::sweep_uploads) every hour, for ever: run it beside the server wherever uploads are taken, in as
    /// many nodes as there are.
    pub async fn watch_uploads(&self) {
        let mut hours = interval(SWEEP_EVERY);
        loop {
            hours.tick().await;
            match self.sweep_uploads().await {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "uploads that nothing holds were deleted"),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "uploads could not be swept"
                    );
                }
            }
        }
    }

    /// Waits at most `within` until no upload is under way; whether that is so. A host that stops calls it when it
    /// has ceased to serve: what callers gave up waiting for is kept still.
    pub async fn finish_uploads(&self, within: Duration) -> bool {
        timeout(within, self.shared.slots.idle()).await.is_ok()
    }

    /// Leaves nothing of an upload that could not be kept. What the place does not delete now, a later sweep does.
    pub(super) async fn give_up(&self, uploader: &Arc<dyn MediaUploader>, upload: &Upload) {
        // The place may have kept what it did not acknowledge.
        if discard(uploader, upload).await
            && let Err(error) = self.shared.uploads.delete(upload.id).await
        {
            tracing::warn!(
                id = %upload.id,
                error = &error as &dyn std::error::Error,
                "the record of an upload is left behind"
            );
        }
    }
}

/// Deletes what was kept, and says whether all of it is gone; what cannot be deleted is left behind and said.
async fn discard(uploader: &Arc<dyn MediaUploader>, upload: &Upload) -> bool {
    let mut is_gone = true;
    for key in ObjectKey::all_of(upload) {
        if let Err(error) = uploader.delete(key).await {
            tracing::warn!(%key, error = &error as &dyn std::error::Error, "media left behind");
            is_gone = false;
        }
    }
    is_gone
}
