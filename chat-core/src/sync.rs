//! The locks of what several threads fill and empty at once.
//!
//! They are std's. In the unit tests under `--cfg shuttle` they are shuttle's, where the test decides which thread
//! goes on at each of them, and so tries thousands of orders.

#[cfg(not(all(test, shuttle)))]
pub(crate) use std::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard};

#[cfg(all(test, shuttle))]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard};
