//! Objects in a bucket: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage.

mod connector;
mod open;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chat_core::media::{
    Content, MediaError, MediaUploader, Object, ObjectKey, Reading, SpooledFile, disposition,
};
use futures_util::TryStreamExt as _;
use http::Method;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt as _,
    PutMultipartOptions, PutOptions,
};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::StreamReader;

use crate::http::{InvalidPlace, Patience, nothing_of, odd};

/// What is sent in one piece, in bytes: S3 takes no smaller ones but the last.
const PIECE: usize = 8 << 20;

/// How long whoever got a link may read.
const LINK_LIFE: Duration = Duration::from_secs(300);

/// Keeps objects in a bucket. They are private there: readers get links that are signed when they are asked for
/// and end after five minutes. Clones share the connections.
///
/// A file of more than 8 MiB is sent in pieces, which nobody sees before the last has come. A process that dies
/// in between leaves them: give the bucket a rule that aborts incomplete multipart uploads after a day.
#[derive(Clone)]
pub struct BucketUploader {
    store: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    prefix: Path,
}

impl BucketUploader {
    /// A bucket by its address, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`. `settings`
    /// are the service's own, under the names that its tools read from the environment: `AWS_ACCESS_KEY_ID`,
    /// `AWS_REGION`, `AWS_ENDPOINT`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME` and so on; others count
    /// nothing. Nothing is asked of the service yet.
    ///
    /// # Errors
    /// [`InvalidPlace`] if the address or the settings do not fit.
    pub fn new(
        url: &str,
        settings: impl IntoIterator<Item = (String, String)>,
        patience: Patience,
    ) -> Result<Self, InvalidPlace> {
        let settings: Vec<_> = settings.into_iter().collect();
        let bucket = open::open(url, &settings, patience)?;
        Ok(Self {
            store: bucket.store,
            signer: bucket.signer,
            prefix: bucket.prefix,
        })
    }

    fn path(&self, key: ObjectKey) -> Path {
        Path::from_iter(
            self.prefix
                .parts()
                .map(|part| part.as_ref().to_owned())
                .chain(key.to_string().split('/').map(str::to_owned)),
        )
    }

    async fn put_in_pieces(
        &self,
        path: &Path,
        file: &SpooledFile,
        attributes: Attributes,
    ) -> Result<(), MediaError> {
        let options = PutMultipartOptions::from(attributes);
        let upload = self.store.put_multipart_opts(path, options);
        let mut upload = upload.await.map_err(failed)?;
        let sent = send_pieces(&mut *upload, file).await;
        if sent.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%path, error = &error as &dyn std::error::Error, "pieces left behind");
        }
        sent
    }

    /// How large an object is, if it is there.
    async fn size(&self, path: &Path) -> Result<Option<u64>, MediaError> {
        match self.store.head(path).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

async fn send_pieces(
    upload: &mut dyn MultipartUpload,
    file: &SpooledFile,
) -> Result<(), MediaError> {
    let mut input = tokio::fs::File::open(file.path()).await?;
    loop {
        let mut piece =
            Vec::with_capacity(PIECE.min(usize::try_from(file.size()).unwrap_or(PIECE)));
        (&mut input)
            .take(PIECE as u64)
            .read_to_end(&mut piece)
            .await?;
        if piece.is_empty() {
            break;
        }
        upload.put_part(piece.into()).await.map_err(failed)?;
    }
    upload.complete().await.map(drop).map_err(failed)
}

fn failed(error: object_store::Error) -> MediaError {
    MediaError::Unavailable(Box::new(error))
}

/// What the service says to whoever reads an object by a link.
fn attributes(object: &Object) -> Attributes {
    Attributes::from_iter([
        (
            Attribute::ContentType,
            object.content_type.as_str().to_owned(),
        ),
        (
            Attribute::ContentDisposition,
            disposition(object.content_type, object.name.as_ref()),
        ),
        (
            Attribute::CacheControl,
            "private, max-age=31536000, immutable".to_owned(),
        ),
    ])
}

/// Whether it is a page in the place of an object, as networks show that want a login: none is kept here.
fn is_page(attributes: &Attributes) -> bool {
    let content_type = attributes.get(&Attribute::ContentType);
    content_type.is_some_and(|text| text.starts_with("text/html"))
}

#[async_trait]
impl MediaUploader for BucketUploader {
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError> {
        let (path, attributes) = (self.path(object.key), attributes(object));
        let bytes = match &object.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::File(file) if file.size() <= PIECE as u64 => file.bytes().await?,
            Content::File(file) => {
                self.put_in_pieces(&path, file, attributes).await?;
                return Ok(None);
            }
        };
        let options = PutOptions::from(attributes);
        let put = self.store.put_opts(&path, bytes.into(), options);
        put.await.map_err(failed)?;
        Ok(None)
    }

    async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        let path = self.path(key);
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(self.size(&path).await?.map(nothing_of));
        }
        let start = range.as_ref().map_or(0, |range| range.start);
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        match self.store.get_opts(&path, options).await {
            Ok(found) => {
                if is_page(&found.attributes) {
                    return Err(odd("the service answered with a page"));
                }
                let size = found.meta.size;
                let bytes = StreamReader::new(found.into_stream().map_err(std::io::Error::from));
                Ok(Some(Reading::new(size, bytes)))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            // A part behind the end is an error there, and the size tells it from others.
            Err(error) if start > 0 => match self.size(&path).await? {
                Some(size) if start < size => Err(failed(error)),
                size => Ok(size.map(nothing_of)),
            },
            Err(error) => Err(failed(error)),
        }
    }

    async fn link(&self, key: ObjectKey) -> Result<Option<String>, MediaError> {
        let path = self.path(key);
        let signed = self.signer.signed_url(Method::GET, &path, LINK_LIFE);
        Ok(Some(signed.await.map_err(failed)?.into()))
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

impl fmt::Debug for BucketUploader {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketUploader")
            .field("store", &self.store.to_string())
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
