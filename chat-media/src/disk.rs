//! Objects as files in a folder of this machine.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use chat_core::media::{MediaError, MediaUploader, Object, ObjectKey};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

/// Where objects are written before they are whole.
const UNFINISHED: &str = "unfinished";

/// Keeps objects as files: written aside, synced, then renamed into place, so that nobody ever reads
/// half of one. Clones share the folder.
#[derive(Debug, Clone)]
pub struct DiskUploader {
    root: PathBuf,
}

impl DiskUploader {
    /// Opens a folder, making it if there is none, and removes what a crash left unfinished.
    ///
    /// # Errors
    /// [`MediaError`] if the folder cannot be made or written to.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, MediaError> {
        let root = root.into();
        let unfinished = root.join(UNFINISHED);
        match fs::remove_dir_all(&unfinished).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        folder.mode(0o700);
        folder.create(&unfinished).await.map_err(failed)?;
        Ok(Self { root })
    }

    /// Where an object is: spread over folders by the last two digits of its id, which are random.
    fn path(&self, key: ObjectKey) -> PathBuf {
        let name = key.to_string();
        let (kind, id) = name.split_once('/').unwrap_or(("other", &name));
        let shard = id.get(id.len().saturating_sub(2)..).unwrap_or(id);
        self.root.join(kind).join(shard).join(id)
    }

    async fn write(&self, key: ObjectKey, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).await?;
        let name = format!("{}-{}", key.to_string().replace('/', "-"), uuid());
        let aside = self.root.join(UNFINISHED).join(name);
        let written = write_whole(&aside, bytes).await;
        let moved = match written {
            Ok(()) => fs::rename(&aside, &path).await,
            Err(error) => Err(error),
        };
        if let Err(error) = moved {
            // It is of no use; a sweep at the next opening takes what cannot be removed now.
            let _ = fs::remove_file(&aside).await;
            return Err(error);
        }
        fs::File::open(folder).await?.sync_all().await
    }
}

/// Tells two writers of one key apart.
fn uuid() -> String {
    chat_core::id::UploadId::new().to_string()
}

async fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .await?;
    file.write_all(bytes).await?;
    file.flush().await?;
    file.sync_all().await
}

fn failed(error: io::Error) -> MediaError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            MediaError::Full(error.into())
        }
        _ => MediaError::Unavailable(error.into()),
    }
}

#[async_trait]
impl MediaUploader for DiskUploader {
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError> {
        self.write(object.key, &object.bytes)
            .await
            .map_err(failed)?;
        Ok(None)
    }

    async fn read(&self, key: ObjectKey) -> Result<Option<Bytes>, MediaError> {
        let path = self.path(key);
        // Only what was written here is read: a link planted in the folder leads nowhere.
        match fs::symlink_metadata(&path).await {
            Ok(found) if !found.is_file() => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(failed(error)),
        }
        match fs::read(&path).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        match fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }
}
