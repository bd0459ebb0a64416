//! The port to a backend's schema.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::store::StoreError;

/// One step of a schema, as this build knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its number; 1 is the first.
    pub version: i64,
    /// What it brings, in a word.
    pub name: &'static str,
}

/// Takes the schema of a backend up and down.
///
/// # Contract
/// * Steps are numbered 1, 2, 3, ...; version 0 is nothing at all. A step up that was taken down
///   again leaves no trace.
/// * One at a time: of several nodes that call at once, one goes and the others wait for it; each
///   then finds the work done.
/// * Resumable: a crash leaves whole steps; the next call goes on from there.
/// * No step holds a lock on a table for longer than it takes to change its description.
/// * A version that this build does not know, asked for or found, is refused and nothing changes.
/// * The epoch is made with the first step, and another one after going down to 0 and up again.
#[async_trait]
pub trait SchemaStore: Debug + Send + Sync + 'static {
    /// The steps that this build knows, in order; empty for a backend without a schema.
    fn steps(&self) -> &'static [Step];

    /// The last step taken; 0 if none was.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn version(&self) -> Result<i64, StoreError>;

    /// Goes up or down to `version`, step by step. Going down deletes what the steps brought.
    ///
    /// # Errors
    /// [`StoreError`] if a step fails; those before it stay.
    async fn goto(&self, version: i64) -> Result<(), StoreError>;

    /// Notes that the schema is at `version`, and runs nothing: after a repair by hand.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    async fn force(&self, version: i64) -> Result<(), StoreError>;

    /// Brings the schema up to date. Meant for every start.
    ///
    /// # Errors
    /// [`StoreError`] if a step fails; those before it stay.
    async fn migrate(&self) -> Result<(), StoreError> {
        let latest = self.steps().last().map_or(0, |step| step.version);
        self.goto(latest).await
    }
}

#[async_trait]
#[deny(
    clippy::missing_trait_methods,
    reason = "a wrapper must forward every call"
)]
impl<T: SchemaStore + ?Sized> SchemaStore for Arc<T> {
    fn steps(&self) -> &'static [Step] {
        (**self).steps()
    }

    async fn version(&self) -> Result<i64, StoreError> {
        (**self).version().await
    }

    async fn goto(&self, version: i64) -> Result<(), StoreError> {
        (**self).goto(version).await
    }

    async fn force(&self, version: i64) -> Result<(), StoreError> {
        (**self).force(version).await
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        (**self).migrate().await
    }
}
