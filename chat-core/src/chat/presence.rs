//! Who is there, and who types.

use std::collections::HashMap;

use crate::chat::{Chat, Error};
use crate::id::{ConversationId, UserId};
use crate::model::Presence;
use crate::protocol::Event;

impl Chat {
    /// Whether users are online, and when those who are not were last seen: of those who share a
    /// conversation with `viewer`, in any order. The others are left out, whoever they are.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn presence(
        &self,
        viewer: &UserId,
        users: &[UserId],
    ) -> Result<Vec<Presence>, Error> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        self.presence_of(&self.acquainted(viewer, users).await?)
            .await
    }

    /// Those of `users` whose presence `viewer` may know.
    pub(crate) async fn acquainted(
        &self,
        viewer: &UserId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, Error> {
        Ok(self.shared.conversations.acquainted(viewer, users).await?)
    }

    /// The presence of users that the asker may know.
    pub(crate) async fn presence_of(&self, users: &[UserId]) -> Result<Vec<Presence>, Error> {
        let online = self.shared.hub.online(users).await;
        let away: Vec<UserId> = users
            .iter()
            .filter(|user| !online.contains(*user))
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
        let presence = |user: &UserId| Presence {
            online: online.contains(user),
            last_seen: seen.remove(user),
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
