//! How many uploads are received at once: pictures are held in memory until they are whole.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat_core::id::UserId;
use chat_core::protocol::Code;

use super::problem::Problem;

/// Counts uploads in all and of each user.
#[derive(Debug)]
pub(super) struct Slots {
    all: usize,
    per_user: usize,
    taken: Mutex<Taken>,
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
        })
    }

    /// Counts an upload in, or tells to come back later.
    pub(super) fn take(self: &Arc<Self>, user: &UserId) -> Result<Slot, Problem> {
        let mut taken = self.lock();
        let own = taken.by_user.get(user).copied().unwrap_or(0);
        if taken.all >= self.all || own >= self.per_user {
            let busy = Problem::new(Code::Busy, "too many uploads at once");
            return Err(busy.retry_after(Duration::from_secs(1)));
        }
        taken.all += 1;
        taken.by_user.insert(user.clone(), own + 1);
        Ok(Slot {
            slots: Arc::clone(self),
            user: user.clone(),
        })
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
        assert_eq!(slots.take(&ada).unwrap_err().code(), Code::Busy);
        let _third = slots.take(&bob).unwrap();
        assert!(slots.take(&bob).is_err(), "a fourth in all");

        drop(first);

        assert!(slots.take(&bob).is_ok());
        assert_eq!(slots.lock().by_user.len(), 2);
    }
}
