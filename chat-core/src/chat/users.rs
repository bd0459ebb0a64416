//! Finding users.

use std::collections::BTreeSet;

use crate::chat::{Chat, Error, validate};
use crate::id::UserId;
use crate::model::{Page, Profile};
use crate::policy::Action;
use crate::protocol::Code;
use crate::store::UserQuery;

impl Chat {
    /// A page of users: all, or those whose names contain `text` (2 to 100 characters).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn search_users(
        &self,
        asker: &UserId,
        text: Option<&str>,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Page<Profile>, Error> {
        if let Some(text) = text {
            validate::search_text(text, &self.shared.limits)?;
        }
        self.ask(asker, Action::SearchUsers).await?;
        let query = UserQuery {
            text,
            cursor,
            limit: self.page(limit)?,
        };
        Ok(self.shared.users.search(&query).await?)
    }

    /// The profiles of those among `ids` who exist; at most
    /// [`Limits::max_page`](crate::protocol::Limits::max_page) ids.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn users(&self, ids: &[UserId]) -> Result<Vec<Profile>, Error> {
        if ids.len() > self.shared.limits.max_page {
            return Err(Error::invalid(
                Code::LimitExceeded,
                "ids",
                "too many users at once",
            ));
        }
        self.profiles(ids).await
    }

    /// The profiles of these users, each once.
    pub(super) async fn profiles(
        &self,
        users: impl IntoIterator<Item = &UserId>,
    ) -> Result<Vec<Profile>, Error> {
        let ids: Vec<UserId> = users
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.shared.hub.profiles(&ids).await?)
    }
}
