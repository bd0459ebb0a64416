//! The guests: the chat's users, for as long as they are here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_core::id::UserId;
use chat_core::memory::MemoryStore;
use chat_core::model::Profile;
use uuid::Uuid;

/// Longest name in code points.
const NAME: usize = 32;

/// How many who have left are still known: frames about them may be on their way.
const LEFT: usize = 1_000;

/// Everybody who is here. Clones share them.
#[derive(Debug, Clone)]
pub struct Guests {
    users: MemoryStore,
    present: Arc<Mutex<Present>>,
}

#[derive(Debug, Default)]
struct Present {
    /// By name in lower case, so that no two differ by case alone.
    here: BTreeMap<String, UserId>,
    /// Those who left last, the latest at the end.
    left: VecDeque<UserId>,
}

impl Guests {
    /// Nobody yet; guests are users of this store.
    pub(crate) fn new(users: MemoryStore) -> Self {
        let present = Arc::default();
        Self { users, present }
    }

    /// Lets somebody in who wants to be called `name`, until the visit is dropped.
    ///
    /// # Errors
    /// What to tell them, if the name cannot be theirs.
    pub(crate) fn admit(&self, name: &str) -> Result<Visit, &'static str> {
        let name = name.trim();
        let fits = (1..=NAME).contains(&name.chars().count());
        let id = UserId::new(Uuid::new_v4().to_string());
        let (true, Ok(id)) = (fits && !name.chars().any(is_odd), id) else {
            return Err("a user name is 1 to 32 visible characters");
        };
        let mut present = self.present();
        if present.here.contains_key(&name.to_lowercase()) {
            return Err("the user name is taken");
        }
        present.here.insert(name.to_lowercase(), id.clone());
        self.users.insert_user(Profile::new(id.clone(), name));
        let guests = self.clone();
        Ok(Visit { guests, user: id })
    }

    /// Takes a guest's leave; the name is free again.
    fn dismiss(&self, id: &UserId) {
        let mut present = self.present();
        present.here.retain(|_, other| other != id);
        present.left.push_back(id.clone());
        if present.left.len() > LEFT
            && let Some(oldest) = present.left.pop_front()
        {
            self.users.remove_user(&oldest);
        }
    }

    /// Everybody who is here, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Profile> {
        let present = self.present();
        let here = present.here.values();
        here.filter_map(|id| self.users.profile(id)).collect()
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guest who is here, and has left once this is dropped: so also if the guest's task panics.
#[derive(Debug)]
pub(crate) struct Visit {
    guests: Guests,
    user: UserId,
}

impl Visit {
    /// The guest.
    pub(crate) const fn user(&self) -> &UserId {
        &self.user
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.guests.dismiss(&self.user);
    }
}

/// Nothing to see, or it turns the text around it.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_guest_whose_task_panicked_is_free_again() {
        let guests = Guests::new(MemoryStore::new());
        let visit = guests.admit("Ada").unwrap();
        assert_eq!(guests.admit("ada").unwrap_err(), "the user name is taken");

        let task = std::thread::spawn(move || {
            let _visit = visit;
            panic!("a defect");
        });
        task.join().unwrap_err();

        assert_eq!(guests.list(), []);
        guests.admit("ada").unwrap();
    }
}
