//! Turns: who writes to the same documents waits here, and not by being refused and asking again.
//!
//! MongoDB refuses a transaction whose documents another one writes to. That keeps the data right
//! on its own; but of many callers in one process only the lucky would get through.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Some wait without need, since a turn is shared by all keys with the same place.
const PLACES: u64 = 1_024;

/// The turns of one process. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<[Arc<Mutex<()>>]>);

/// Whose turn it is, as long as this lives.
#[derive(Debug)]
pub(crate) struct Turn {
    _held: Vec<OwnedMutexGuard<()>>,
}

/// What a call is going to write to.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeSet<usize>);

impl Places {
    pub(crate) fn of<K: Hash>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::default().and(keys)
    }

    pub(crate) fn and<K: Hash>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.0.extend(keys.into_iter().map(|key| place(&key)));
        self
    }
}

fn place(key: &impl Hash) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() % PLACES).unwrap_or_default()
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self((0..PLACES).map(|_| Arc::default()).collect())
    }

    /// Waits in line for all the places. They are taken in one order, so that no two calls wait
    /// for each other.
    pub(crate) async fn take(&self, places: &Places) -> Turn {
        let mut held = Vec::with_capacity(places.0.len());
        for place in &places.0 {
            held.push(Arc::clone(&self.0[*place]).lock_owned().await);
        }
        Turn { _held: held }
    }
}
