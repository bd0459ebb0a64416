//! Answers of several pages in one, for front ends that do not page.

use crate::chat::{Chat, Error};
use crate::id::{ConversationId, UserId};
use crate::model::{Message, Profile, Refusal};
use crate::policy::Action;
use crate::store::{UserQuery, Window};

impl Chat {
    /// The last `most` messages of a conversation that the viewer may read, oldest first. They are read page by page;
    /// what is sent meanwhile is not among them. All are in memory at once: `most` is what the host can bear.
    ///
    /// # Errors
    /// [`Error`]; [`Refusal::NotMember`] for whoever is not in the conversation.
    pub async fn latest_messages(
        &self,
        viewer: &UserId,
        id: ConversationId,
        most: usize,
    ) -> Result<Vec<Message>, Error> {
        let store = &self.shared.messages;
        let (mut newest_first, mut window) = (Vec::new(), Window::Latest);
        while newest_first.len() < most {
            let limit = self.shared.limits.max_page.min(most - newest_first.len());
            let page = store.history(id, viewer, window, limit).await?;
            let page = page.ok_or(Refusal::NotMember)?;
            let is_last = page.len() < limit;
            if let Some(oldest) = page.first() {
                window = Window::Before(oldest.seq);
            }
            newest_first.extend(page.into_iter().rev());
            if is_last {
                break;
            }
        }
        newest_first.reverse();
        Ok(newest_first)
    }

    /// All users, in the order of [`search_users`](Self::search_users); of more than `most`, the first. Who comes or
    /// goes while the pages are read may be among them or not.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn all_users(&self, asker: &UserId, most: usize) -> Result<Vec<Profile>, Error> {
        self.ask(asker, Action::SearchUsers).await?;
        let (mut users, mut cursor) = (Vec::new(), None);
        while users.len() < most {
            let query = UserQuery {
                text: None,
                cursor: cursor.as_deref(),
                limit: self.shared.limits.max_page,
            };
            let page = self.shared.users.search(&query).await?;
            users.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        users.truncate(most);
        Ok(users)
    }
}
