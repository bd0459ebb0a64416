//! The host's users: `user-0`, `user-1` and so on.

use async_trait::async_trait;
use chat_core::id::UserId;
use chat_core::model::{Page, Profile};
use chat_core::store::{StoreError, UserQuery, UserStore};

use crate::layout::{Layout, Seat};

/// The id of a user as text.
pub(crate) fn name(seat: Seat) -> String {
    format!("user-{seat}")
}

/// All users of a layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Everybody {
    seats: usize,
}

impl Everybody {
    pub(super) const fn of(layout: Layout) -> Self {
        Self {
            seats: layout.seats(),
        }
    }
}

#[async_trait]
impl UserStore for Everybody {
    async fn find(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let known = |id: &&UserId| {
            let seat = id.as_str().strip_prefix("user-");
            let seat = seat.and_then(|seat| seat.parse::<Seat>().ok());
            seat.is_some_and(|seat| seat < self.seats && name(seat) == id.as_str())
        };
        let mut known: Vec<&UserId> = ids.iter().filter(known).collect();
        known.sort();
        known.dedup();
        let profiles = known.into_iter();
        Ok(profiles
            .map(|id| Profile::new(id.clone(), id.as_str()))
            .collect())
    }

    /// Nobody is searched for here.
    async fn search(&self, _query: &UserQuery<'_>) -> Result<Page<Profile>, StoreError> {
        Ok(Page {
            items: Vec::new(),
            next: None,
        })
    }
}
