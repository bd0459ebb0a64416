//! Objects as files in a folder of this machine.

use std::io::{self, ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use chat_core::media::{
    Content, MediaError, MediaUploader, Object, ObjectKey, Reading, Spool, SpooledFile,
};
use tokio::fs;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// Where objects are written before they are whole.
const UNFINISHED: &str = "unfinished";

/// Keeps objects as files: written aside, synced, then renamed into place, so that nobody ever reads
/// half of one. Clones share the folder.
#[derive(Debug, Clone)]
pub struct DiskUploader {
    root: PathBuf,
    unfinished: Spool,
}

impl DiskUploader {
    /// Opens a folder, making it if there is none, and removes what a crash left unfinished.
    ///
    /// # Errors
    /// [`MediaError`] if the folder cannot be made or written to.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, MediaError> {
        let root = root.into();
        let unfinished = Spool::open(root.join(UNFINISHED)).await?;
        Ok(Self { root, unfinished })
    }

    /// Where an object is: spread over folders by the last two digits of its id, which are random.
    fn path(&self, key: ObjectKey) -> PathBuf {
        let name = key.to_string();
        let (kind, id) = name.split_once('/').unwrap_or(("other", &name));
        let shard = id.get(id.len().saturating_sub(2)..).unwrap_or(id);
        self.root.join(kind).join(shard).join(id)
    }

    /// A file of these bytes beside the others, not yet in its place.
    async fn aside(&self, content: &Content) -> Result<SpooledFile, MediaError> {
        match content {
            Content::Bytes(bytes) => {
                let mut file = self.unfinished.begin().await?;
                file.write(bytes).await?;
                file.finish().await
            }
            Content::File(file) => self.unfinished.copy(file).await,
        }
    }

    async fn open_file(&self, key: ObjectKey) -> io::Result<Option<(fs::File, u64)>> {
        let path = self.path(key);
        // Only what was written here is read: a link planted in the folder leads nowhere.
        if !fs::symlink_metadata(&path).await?.is_file() {
            return Ok(None);
        }
        let file = fs::File::open(&path).await?;
        let size = file.metadata().await?.len();
        Ok(Some((file, size)))
    }
}

#[async_trait]
impl MediaUploader for DiskUploader {
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError> {
        let path = self.path(object.key);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).await?;
        let aside = self.aside(&object.content).await?;
        fs::File::open(aside.path()).await?.sync_all().await?;
        fs::rename(aside.path(), &path).await?;
        fs::File::open(folder).await?.sync_all().await?;
        Ok(None)
    }

    async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        let (mut file, size) = match self.open_file(key).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let range = range.unwrap_or(0..size);
        let (start, end) = (range.start.min(size), range.end.min(size));
        file.seek(SeekFrom::Start(start)).await?;
        let part = file.take(end.saturating_sub(start));
        Ok(Some(Reading::new(size, part)))
    }

    async fn link(&self, _key: ObjectKey) -> Result<Option<String>, MediaError> {
        Ok(None)
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        match fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
