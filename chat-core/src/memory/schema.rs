//! No schema: memory has none.

use async_trait::async_trait;

use super::MemoryStore;
use crate::store::{SchemaStore, Step, StoreError};

#[async_trait]
impl SchemaStore for MemoryStore {
    fn steps(&self) -> &'static [Step] {
        &[]
    }

    async fn version(&self) -> Result<i64, StoreError> {
        Ok(0)
    }

    async fn goto(&self, version: i64) -> Result<(), StoreError> {
        match version {
            0 => Ok(()),
            _ => Err(StoreError::corrupt("memory has no versions")),
        }
    }

    async fn force(&self, version: i64) -> Result<(), StoreError> {
        self.goto(version).await
    }
}
