//! Media in memory.

use std::collections::HashMap;
use std::io::Cursor;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::media::{Content, MediaError, MediaUploader, Object, ObjectKey, Reading};

/// An uploader that keeps objects in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryMedia {
    objects: Arc<Mutex<HashMap<ObjectKey, Bytes>>>,
}

impl MemoryMedia {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<ObjectKey, Bytes>) -> T) -> T {
        work(&mut self.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl MediaUploader for MemoryMedia {
    async fn put(&self, object: &Object) -> Result<Option<String>, MediaError> {
        let bytes = match &object.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::File(file) => file.bytes().await?,
        };
        self.with(|objects| objects.insert(object.key, bytes));
        Ok(None)
    }

    async fn read(
        &self,
        key: ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        let found = self.with(|objects| objects.get(&key).cloned());
        Ok(found.map(|whole| {
            let at =
                |place: u64| usize::try_from(place).map_or(whole.len(), |at| at.min(whole.len()));
            let part = range.map_or(0..whole.len(), |range| at(range.start)..at(range.end));
            let part = whole.slice(part.start..part.end.max(part.start));
            Reading::new(whole.len() as u64, Cursor::new(part))
        }))
    }

    async fn link(&self, _key: ObjectKey) -> Result<Option<String>, MediaError> {
        Ok(None)
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        self.with(|objects| objects.remove(&key));
        Ok(())
    }
}
