//! The guests: the chat's users, for as long as they are here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::{Page, Profile};
use chat_core::store::{StoreError, UserQuery, UserStore};
use uuid::Uuid;

/// Longest name in code points.
const NAME: usize = 32;

/// Everybody who is here. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Guests {
    /// By name in lower case, so that no two differ by case alone.
    here: Arc<Mutex<BTreeMap<String, UserId>>>,
}

/// A guest. The chat's id carries the name, so that a frame about somebody who has left can be written still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guest<'a> {
    /// The id on the wire.
    pub(crate) id: &'a str,
    /// The name, as the guest wrote it.
    pub(crate) name: &'a str,
}

impl<'a> Guest<'a> {
    /// The guest behind an id that [`Guests::admit`] made.
    pub(crate) fn of(user: &'a UserId) -> Option<Self> {
        let (id, name) = user.as_str().split_once(':')?;
        Some(Self { id, name })
    }
}

impl Guests {
    /// Lets somebody in who wants to be called `name`.
    ///
    /// # Errors
    /// What to tell them, if the name cannot be theirs.
    pub(crate) fn admit(&self, name: &str) -> Result<UserId, &'static str> {
        let name = name.trim();
        let fits = (1..=NAME).contains(&name.chars().count());
        let id = UserId::new(format!("{}:{name}", Uuid::new_v4()));
        let (true, Ok(id)) = (fits && !name.chars().any(is_odd), id) else {
            return Err("a user name is 1 to 32 visible characters");
        };
        let mut here = self.here();
        if here.contains_key(&name.to_lowercase()) {
            return Err("the user name is taken");
        }
        here.insert(name.to_lowercase(), id.clone());
        Ok(id)
    }

    /// Takes a guest's leave; the name is free again.
    pub(crate) fn dismiss(&self, id: &UserId) {
        self.here().retain(|_, other| other != id);
    }

    /// Everybody who is here, by name.
    #[must_use]
    pub fn list(&self) -> Vec<UserId> {
        self.here().values().cloned().collect()
    }

    fn here(&self) -> MutexGuard<'_, BTreeMap<String, UserId>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing to see, or it turns the text around it.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn profile(user: UserId) -> Option<Profile> {
    let name = Guest::of(&user)?.name.to_owned();
    Some(Profile {
        id: user,
        username: Some(name.clone()),
        display_name: name,
        avatar: None,
        avatar_url: None,
    })
}

#[async_trait]
impl UserStore for Guests {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let mut here = self.list();
        here.retain(|user| ids.contains(user));
        Ok(here.into_iter().filter_map(profile).collect())
    }

    /// By id, which is also what goes on behind a cursor.
    async fn search(&self, query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        let (after, text) = (query.cursor.unwrap_or_default(), query.text);
        let text = text.map(str::to_ascii_lowercase);
        let mut here = self.list();
        here.sort();
        let matches = |profile: &Profile| {
            let name = profile.display_name.to_ascii_lowercase();
            profile.id.as_str() > after && text.as_ref().is_none_or(|text| name.contains(text))
        };
        let mut found = here.into_iter().filter_map(profile).filter(matches);
        let items: Vec<Profile> = found.by_ref().take(query.limit).collect();
        let next = items.last().filter(|_| found.next().is_some());
        let next = next.map(|last| last.id.to_string());
        Ok(Page { items, next })
    }
}
