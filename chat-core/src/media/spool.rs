//! Files that are on their way in: written as they come, gone when nobody needs them any more.

use std::fs::TryLockError;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::fs;
use tokio::io::{AsyncWriteExt as _, BufWriter};

use crate::id::UploadId;
use crate::media::MediaError;

/// What each process locks in its own folder as long as it lives.
const LOCK: &str = "lock";

/// A folder for files that are on their way in. Several processes may share one: each writes to a
/// folder of its own within it, and removes those of processes that are gone. Clones share it.
#[derive(Debug, Clone)]
pub struct Spool {
    own: Arc<Own>,
}

/// The folder of this process, and the lock that says that it lives.
#[derive(Debug)]
struct Own {
    folder: PathBuf,
    _lock: std::fs::File,
}

impl Spool {
    /// Opens a folder, making it if there is none, and removes what processes left that are gone.
    ///
    /// # Errors
    /// [`MediaError`] if the folder cannot be made or written to.
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self, MediaError> {
        let folder = folder.into();
        let opened = tokio::task::spawn_blocking(move || open(&folder)).await;
        let own = opened.map_err(MediaError::unavailable)??;
        Ok(Self { own: Arc::new(own) })
    }

    /// Begins a file.
    ///
    /// # Errors
    /// [`MediaError`] if it cannot be made.
    pub async fn begin(&self) -> Result<SpoolWriter, MediaError> {
        let file = self.named(0);
        let mut options = fs::OpenOptions::new();
        let output = options
            .write(true)
            .create_new(true)
            .open(&file.path)
            .await?;
        Ok(SpoolWriter {
            output: BufWriter::new(output),
            file,
        })
    }

    /// Another file with the same bytes: the same on the disk where that can be, and else a copy.
    ///
    /// # Errors
    /// [`MediaError`] if it cannot be made.
    pub async fn copy(&self, file: &SpooledFile) -> Result<SpooledFile, MediaError> {
        let copy = self.named(file.size);
        if fs::hard_link(&file.path, &copy.path).await.is_err() {
            fs::copy(&file.path, &copy.path).await?;
        }
        Ok(copy)
    }

    /// A file that is not there yet.
    fn named(&self, size: u64) -> SpooledFile {
        SpooledFile {
            path: self.own.folder.join(UploadId::new().to_string()),
            size,
            _own: Arc::clone(&self.own),
        }
    }
}

fn open(folder: &Path) -> io::Result<Own> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // One process after the other: so a folder without a lock is not one that is just being made.
    let mut options = std::fs::OpenOptions::new();
    let turn = options.create(true).append(true).open(folder.join(LOCK))?;
    turn.lock()?;
    let own = folder.join(UploadId::new().to_string());
    builder.create(&own)?;
    let lock = std::fs::File::create_new(own.join(LOCK))?;
    lock.lock()?;
    for other in std::fs::read_dir(folder)? {
        let other = other?;
        let is_spools = other.file_name().to_str().map(str::parse::<UploadId>);
        if other.path() != own && matches!(is_spools, Some(Ok(_))) {
            remove_if_abandoned(&other.path())?;
        }
    }
    Ok(Own {
        folder: own,
        _lock: lock,
    })
}

/// Removes a folder whose process is gone, while holding its lock; one without a lock was given up while it was made
/// or removed.
fn remove_if_abandoned(folder: &Path) -> io::Result<()> {
    let lock = match std::fs::File::open(folder.join(LOCK)) {
        Ok(lock) => Some(lock),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    match lock.as_ref().map(std::fs::File::try_lock) {
        Some(Err(TryLockError::WouldBlock)) => return Ok(()),
        Some(Err(TryLockError::Error(error))) => return Err(error),
        Some(Ok(())) | None => {}
    }
    match std::fs::remove_dir_all(folder) {
        // Its process ended meanwhile, and removed it itself.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // What cannot be removed now is at the next opening: the lock goes with the process.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A file that is being written. Dropped, it is gone.
#[derive(Debug)]
pub struct SpoolWriter {
    output: BufWriter<fs::File>,
    file: SpooledFile,
}

impl SpoolWriter {
    /// How many bytes were written.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.file.size
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`MediaError`] if they cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        self.output.write_all(bytes).await?;
        self.file.size += bytes.len() as u64;
        Ok(())
    }

    /// The whole file.
    ///
    /// # Errors
    /// [`MediaError`] if it cannot be written.
    pub async fn finish(mut self) -> Result<SpooledFile, MediaError> {
        self.output.flush().await?;
        Ok(self.file)
    }
}

/// A whole file on this machine. Dropped, it is gone.
#[derive(Debug)]
pub struct SpooledFile {
    path: PathBuf,
    size: u64,
    _own: Arc<Own>,
}

impl SpooledFile {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// All of it in memory.
    ///
    /// # Errors
    /// [`MediaError`] if it cannot be read.
    pub async fn bytes(&self) -> Result<Bytes, MediaError> {
        Ok(fs::read(&self.path).await?.into())
    }
}

impl Drop for SpooledFile {
    fn drop(&mut self) {
        // What cannot be removed now goes with the folder.
        let _ = std::fs::remove_file(&self.path);
    }
}
