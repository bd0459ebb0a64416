//! Who is there, and who types.

use std::collections::HashMap;

use crate::chat::{Chat, Error};
use crate::id::{ConversationId, UserId};
use crate::model::Presence;
use crate::protocol::Event;

impl Chat {
    /// Whether these users are online, and when those who are not were last seen.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn presence(&self, users: &[UserId]) -> Result<Vec<Presence>, Error> {
        let away: Vec<UserId> = users
            .iter()
            .filter(|user| !self.shared.hub.is_online(user))
            .cloned()
            .collect();
        let mut seen: HashMap<UserId, _> = match away.is_empty() {
            true => HashMap::new(),
            false => self
                .shared
                .last_seen
                .find(&away)
                .await?
                .into_iter()
                .collect(),
        };
        let online = |user: &UserId| self.shared.hub.is_online(user);
        let presence = |user: &UserId| Presence {
            online: online(user),
            last_seen: seen.remove(user).filter(|_| !online(user)),
            user: user.clone(),
        };
        Ok(users.iter().map(presence).collect())
    }

    /// Tells the others that a member types, or stopped.
    pub(crate) fn typing(&self, conversation: ConversationId, user: &UserId, active: bool) {
        let event = Event::Typing {
            conversation_id: conversation,
            user_id: user.clone(),
            active,
        };
        self.shared.hub.publish(conversation, [event.into()]);
    }
}
