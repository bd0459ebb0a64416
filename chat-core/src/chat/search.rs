//! Finding messages by their words.

use crate::chat::{Chat, Error, validate};
use crate::id::{ConversationId, MessageId, UserId};
use crate::model::{Message, Page, Profile, words};
use crate::protocol::Code;
use crate::store::SearchQuery;

/// What messages to look for.
#[derive(Debug, Clone, Copy)]
pub struct MessageQuery<'a> {
    /// Text whose words they all have: 2 to 100 characters, always literal.
    pub text: &'a str,
    /// In this conversation; without one, in those of the user that were active last, at most
    /// [`Limits::searched_conversations`](crate::protocol::Limits::searched_conversations).
    pub conversation: Option<ConversationId>,
    /// Only those with an id below this: the last of the page before.
    pub before: Option<MessageId>,
    /// How many; [`Limits::page`](crate::protocol::Limits::page) if none is given.
    pub limit: Option<usize>,
}

/// Messages that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub page: Page<Message>,
    /// The senders.
    pub users: Vec<Profile>,
}

impl Chat {
    /// Messages that the user may read and that have all the words of a text, newest first. Words are
    /// compared whole, without regard to case and accents.
    ///
    /// # Errors
    /// [`Error`]; [`Code::InvalidQuery`] for a text without words.
    pub async fn search_messages(
        &self,
        viewer: &UserId,
        query: MessageQuery<'_>,
    ) -> Result<Found, Error> {
        validate::search_text(query.text, &self.shared.limits)?;
        let limit = self.page(query.limit)?;
        let words = words(query.text);
        if words.is_empty() {
            let detail = "a search has letters or digits";
            return Err(Error::invalid(Code::InvalidQuery, "search", detail));
        }
        let conversations = match query.conversation {
            Some(conversation) => vec![conversation],
            None => self.recent(viewer).await?,
        };
        let search = SearchQuery {
            conversations: &conversations,
            words: &words,
            before: query.before,
            limit: limit + 1,
        };
        let mut items = self.shared.messages.search(viewer, &search).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items
            .last()
            .filter(|_| more)
            .map(|last| last.id.to_string());
        let users = self
            .profiles(items.iter().map(|message| &message.sender))
            .await?;
        let page = Page { items, next };
        Ok(Found { page, users })
    }

    async fn recent(&self, user: &UserId) -> Result<Vec<ConversationId>, Error> {
        let limit = self.shared.limits.searched_conversations;
        let inbox = self.shared.conversations.inbox(user, None, limit).await?;
        Ok(inbox
            .into_iter()
            .map(|entry| entry.conversation.id)
            .collect())
    }
}
