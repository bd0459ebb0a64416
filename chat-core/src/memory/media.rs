//! Media in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::media::{MediaError, MediaUploader, Object, ObjectKey};

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
        self.with(|objects| objects.insert(object.key, object.bytes.clone()));
        Ok(None)
    }

    async fn read(&self, key: ObjectKey) -> Result<Option<Bytes>, MediaError> {
        Ok(self.with(|objects| objects.get(&key).cloned()))
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), MediaError> {
        self.with(|objects| objects.remove(&key));
        Ok(())
    }
}
