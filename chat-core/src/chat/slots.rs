//! How many uploads are under way at once: pictures are held in memory until they are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::chat::Error;
use crate::id::UserId;

/// Counts uploads in all and of each user.
#[derive(Debug)]
pub(super) struct Slots {
    all: usize,
    per_user: usize,
    taken: Mutex<Taken>,
    /// Told whenever the last one ends.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_user: HashMap<UserId, usize>,
}

/// Counts one upload as long as it lives.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    user: UserId,
}

impl Slots {
    pub(super) fn new(all: usize, per_user: usize) -> Arc<Self> {
        Arc::new(Self {
            all,
            per_user,
            taken: Mutex::default(),
            idle: Notify::new(),
        })
    }

    /// Counts an upload in.
    ///
    /// # Errors
    /// [`Error::Busy`] if there are as many as may be.
    pub(super) fn take(self: &Arc<Self>, user: &UserId) -> Result<Slot, Error> {
        let mut taken = self.lock();
        let own = taken.by_user.get(user).copied().unwrap_or(0);
        if taken.all >= self.all || own >= self.per_user {
            return Err(Error::Busy);
        }
        taken.all += 1;
        taken.by_user.insert(user.clone(), own + 1);
        Ok(Slot {
            slots: Arc::clone(self),
            user: user.clone(),
        })
    }

    /// Returns when none is under way.
    pub(super) async fn idle(&self) {
        loop {
            let ended = self.idle.notified();
            if self.lock().all == 0 {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        taken.all -= 1;
        if let Some(own) = taken.by_user.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                taken.by_user.remove(&self.user);
            }
        }
        let is_last = taken.all == 0;
        drop(taken);
        if is_last {
            self.slots.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_again_once_its_upload_is_over() {
        let (ada, bob) = (UserId::new("ada").unwrap(), UserId::new("bob").unwrap());
        let slots = Slots::new(3, 2);
        let first = slots.take(&ada).unwrap();
        let _second = slots.take(&ada).unwrap();
        assert!(matches!(slots.take(&ada), Err(Error::Busy)));
        let _third = slots.take(&bob).unwrap();
        assert!(slots.take(&bob).is_err(), "a fourth in all");

        drop(first);

        assert!(slots.take(&bob).is_ok());
        assert_eq!(slots.lock().by_user.len(), 2);
    }
}
