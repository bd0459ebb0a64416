//! Taking an upload in, piece by piece as it comes.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tracing::Instrument as _;

use crate::chat::slots::Slot;
use crate::chat::{Chat, Error};
use crate::id::{Timestamp, UploadId, UserId};
use crate::media::{
    Content, DataUri, HEAD, MediaError, MediaUploader, Object, ObjectKey, Rejected, SpoolWriter,
};
use crate::model::{FileName, MediaKind, MediaType, Purpose, Upload};
use crate::policy::Action;
use crate::protocol::Code;

/// An upload that is coming in: a picture in memory, anything else in a file, none larger than allowed.
/// Dropped before it is finished, nothing of it is left.
#[derive(Debug)]
pub struct Intake {
    chat: Chat,
    owner: UserId,
    purpose: Purpose,
    name: Option<FileName>,
    coming: Coming,
    /// One of those that are under way, until it is kept.
    _slot: Slot,
}

/// What has come so far.
#[derive(Debug)]
enum Coming {
    /// Too little to tell what it is.
    Head(BytesMut),
    Picture(BytesMut),
    File(MediaType, SpoolWriter),
}

/// What is to be kept, and what is known of it.
struct Checked {
    content_type: MediaType,
    content: Content,
    width: Option<u32>,
    height: Option<u32>,
    thumbnail: Option<(MediaType, Bytes)>,
}

impl Chat {
    /// Begins to take an upload in. What it is, is told by its bytes alone. Until it is kept or dropped it is one of
    /// those that may be [under way at once](crate::protocol::Limits::uploads_at_once).
    ///
    /// # Errors
    /// [`Error::NotFound`] where no uploads are taken, [`Error::Busy`] where too many are under way,
    /// [`Error::Quota`].
    pub async fn receive(&self, owner: &UserId, purpose: Purpose) -> Result<Intake, Error> {
        if self.shared.inspector.is_none() || self.shared.uploader.is_none() {
            return Err(Error::NotFound);
        }
        let slot = self.shared.slots.take(owner)?;
        self.within_quota(owner, 0).await?;
        Ok(Intake {
            chat: self.clone(),
            owner: owner.clone(),
            purpose,
            name: None,
            coming: Coming::Head(BytesMut::new()),
            _slot: slot,
        })
    }

    /// Checks and keeps bytes that are in memory already.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Rejected`], [`Error::Quota`], [`Error::Busy`], [`Code::TooLarge`].
    pub async fn upload(
        &self,
        owner: &UserId,
        purpose: Purpose,
        bytes: Bytes,
    ) -> Result<Upload, Error> {
        let mut intake = self.receive(owner, purpose).await?;
        intake.write(&bytes).await?;
        intake.finish().await
    }

    /// Checks and keeps a picture that came as a `data:` URI within JSON.
    ///
    /// # Errors
    /// As [`upload`](Self::upload); [`Code::UnsupportedMedia`] for what is no [`DataUri`], [`Code::TooLarge`] before
    /// anything is decoded that would be more than
    /// [`Limits::image_bytes`](crate::protocol::Limits::image_bytes).
    pub async fn upload_data_uri(
        &self,
        owner: &UserId,
        purpose: Purpose,
        uri: &str,
    ) -> Result<Upload, Error> {
        let most = usize::try_from(self.shared.limits.image_bytes).unwrap_or(usize::MAX);
        let uri = DataUri::parse(uri, most)?;
        self.upload(owner, purpose, uri.into_bytes()).await
    }

    /// Keeps an upload, or nothing of it. It is known of before it is put, so that a process that dies meanwhile
    /// leaves nothing that is not swept later.
    async fn keep(&self, upload: Upload, checked: Checked) -> Result<Upload, Error> {
        let shared = &self.shared;
        let uploader = shared.uploader.as_ref().ok_or(Error::NotFound)?;
        shared.uploads.create(&upload).await?;
        let kept = async {
            let url = put_all(uploader, &upload, checked).await?;
            if let Some(url) = &url {
                shared.uploads.set_url(upload.id, url).await?;
            }
            Ok(url)
        };
        match kept.await {
            Ok(url) => Ok(Upload { url, ..upload }),
            Err(error) => {
                self.give_up(uploader, &upload).await;
                Err(error)
            }
        }
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
}

impl Intake {
    /// What the file is called where it comes from.
    pub fn set_name(&mut self, name: FileName) {
        self.name = Some(name);
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::Rejected`] as soon as it is known what they are, [`Code::TooLarge`] as soon as they are more
    /// than allowed, [`Error::Media`] where a file cannot be written.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        if let Coming::Head(head) = &mut self.coming {
            let (begin, rest) = bytes.split_at(bytes.len().min(HEAD - head.len()));
            head.extend_from_slice(begin);
            if head.len() < HEAD {
                return Ok(());
            }
            bytes = rest;
            self.decide().await?;
        }
        self.add(bytes).await
    }

    /// Finds out what is coming, and where it goes.
    async fn decide(&mut self) -> Result<(), Error> {
        let Coming::Head(head) = &mut self.coming else {
            return Ok(());
        };
        let (head, shared) = (std::mem::take(head), &self.chat.shared);
        let inspector = shared.inspector.as_ref().ok_or(Error::NotFound)?;
        let found = inspector.detect(&head)?;
        self.coming = match (found.kind(), self.purpose, &shared.spool) {
            (MediaKind::Image, _, _) => Coming::Picture(BytesMut::new()),
            (_, Purpose::Attachment, Some(spool)) => Coming::File(found, spool.begin().await?),
            (_, Purpose::Attachment, None) | (_, Purpose::Avatar, _) => {
                return Err(Rejected::Unsupported.into());
            }
        };
        self.add(&head).await
    }

    async fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let kind = match &self.coming {
            Coming::Head(_) | Coming::Picture(_) => MediaKind::Image,
            Coming::File(found, _) => found.kind(),
        };
        let limits = &self.chat.shared.limits;
        if self.size() + bytes.len() as u64 > limits.upload_bytes(kind) {
            let problem = "the file is too large";
            return Err(Error::invalid(Code::TooLarge, "file", problem));
        }
        match &mut self.coming {
            Coming::Head(held) | Coming::Picture(held) => held.extend_from_slice(bytes),
            Coming::File(_, file) => file.write(bytes).await?,
        }
        Ok(())
    }

    /// How many bytes have come.
    fn size(&self) -> u64 {
        match &self.coming {
            Coming::Head(held) | Coming::Picture(held) => held.len() as u64,
            Coming::File(_, file) => file.size(),
        }
    }

    /// Checks and keeps what has come.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Rejected`], [`Error::Quota`], [`Error::Media`]. Nothing is kept then.
    ///
    /// # Cancel safety
    /// The work goes on when the call is dropped: what is kept is always known of, and deleted after a day
    /// if nobody sends it.
    pub async fn finish(self) -> Result<Upload, Error> {
        match tokio::spawn(self.complete().in_current_span()).await {
            Ok(done) => done,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Busy),
            },
        }
    }

    async fn complete(mut self) -> Result<Upload, Error> {
        self.decide().await?;
        let chat = self.chat.clone();
        let size = self.size();
        chat.ask(&self.owner, Action::Upload(size)).await?;
        chat.within_quota(&self.owner, size).await?;
        let checked = self.check().await?;
        let upload = Upload {
            id: UploadId::new(),
            owner: self.owner.clone(),
            purpose: self.purpose,
            content_type: checked.content_type,
            size: checked.content.size(),
            width: checked.width,
            height: checked.height,
            name: self.name.take(),
            has_thumbnail: checked.thumbnail.is_some(),
            url: None,
            created_at: Timestamp::now(),
        };
        chat.keep(upload, checked).await
    }

    async fn check(&mut self) -> Result<Checked, Error> {
        match std::mem::replace(&mut self.coming, Coming::Head(BytesMut::new())) {
            Coming::Head(bytes) | Coming::Picture(bytes) => {
                let inspector = self.chat.shared.inspector.as_ref();
                let inspector = inspector.ok_or(Error::NotFound)?;
                let picture = inspector.inspect(bytes.freeze()).await??;
                let thumbnail = picture.thumbnail;
                Ok(Checked {
                    content_type: picture.content_type,
                    content: Content::Bytes(picture.bytes),
                    width: Some(picture.width),
                    height: Some(picture.height),
                    thumbnail: thumbnail.map(|small| (small.content_type, small.bytes)),
                })
            }
            Coming::File(content_type, file) => Ok(Checked {
                content_type,
                content: Content::File(Arc::new(file.finish().await?)),
                width: None,
                height: None,
                thumbnail: None,
            }),
        }
    }
}

/// Puts the upload and its thumbnail; where the place serves it.
async fn put_all(
    uploader: &Arc<dyn MediaUploader>,
    upload: &Upload,
    checked: Checked,
) -> Result<Option<String>, MediaError> {
    let [original, thumbnail] = ObjectKey::all_of(upload);
    let whole = Object {
        key: original,
        content_type: checked.content_type,
        name: upload.name.clone(),
        content: checked.content,
    };
    let url = uploader.put(&whole).await?;
    if let Some((content_type, bytes)) = checked.thumbnail {
        let small = Object {
            key: thumbnail,
            content_type,
            name: None,
            content: Content::Bytes(bytes),
        };
        uploader.put(&small).await?;
    }
    Ok(url)
}
