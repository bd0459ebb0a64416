//! The guests: the chat's users, for as long as they are here.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::{Page, Profile};
use chat_core::store::{StoreError, UserQuery, UserStore};
use uuid::Uuid;

/// Longest name in code points.
const NAME: usize = 32;

/// How many who have left are still known: frames about them may be on their way.
const LEFT: usize = 1_000;

/// Everybody who is here. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Guests(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// By name in lower case, so that no two differ by case alone.
    here: BTreeMap<String, UserId>,
    /// As the guests wrote them.
    names: HashMap<UserId, Arc<str>>,
    /// Those who left last, the latest at the end.
    left: VecDeque<UserId>,
}

impl Guests {
    /// Lets somebody in who wants to be called `name`.
    ///
    /// # Errors
    /// What to tell them, if the name cannot be theirs.
    pub(crate) fn admit(&self, name: &str) -> Result<UserId, &'static str> {
        let name = name.trim();
        let fits = (1..=NAME).contains(&name.chars().count());
        let id = UserId::new(Uuid::new_v4().to_string());
        let (true, Ok(id)) = (fits && !name.chars().any(is_odd), id) else {
            return Err("a user name is 1 to 32 visible characters");
        };
        let mut known = self.known();
        if known.here.contains_key(&name.to_lowercase()) {
            return Err("the user name is taken");
        }
        known.here.insert(name.to_lowercase(), id.clone());
        known.names.insert(id.clone(), name.into());
        Ok(id)
    }

    /// Takes a guest's leave; the name is free again.
    pub(crate) fn dismiss(&self, id: &UserId) {
        let mut known = self.known();
        known.here.retain(|_, other| other != id);
        known.left.push_back(id.clone());
        if known.left.len() > LEFT
            && let Some(oldest) = known.left.pop_front()
        {
            known.names.remove(&oldest);
        }
    }

    /// What a guest is called, who is here or just left.
    pub(crate) fn name(&self, id: &UserId) -> Option<Arc<str>> {
        self.known().names.get(id).cloned()
    }

    /// Everybody who is here, by name.
    #[must_use]
    pub fn list(&self) -> Vec<UserId> {
        self.known().here.values().cloned().collect()
    }

    fn profile(&self, user: UserId) -> Option<Profile> {
        let name = self.name(&user)?;
        Some(Profile {
            username: Some(name.to_string()),
            ..Profile::new(user, name.to_string())
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing to see, or it turns the text around it.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[async_trait]
impl UserStore for Guests {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let mut here = self.list();
        here.retain(|user| ids.contains(user));
        Ok(here
            .into_iter()
            .filter_map(|user| self.profile(user))
            .collect())
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
        let mut found = here
            .into_iter()
            .filter_map(|user| self.profile(user))
            .filter(matches);
        let items: Vec<Profile> = found.by_ref().take(query.limit).collect();
        let next = items.last().filter(|_| found.next().is_some());
        let next = next.map(|last| last.id.to_string());
        Ok(Page { items, next })
    }
}
