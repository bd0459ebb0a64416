//! Who is there, and who types.

use crate::chat::{Chat, Error};
use crate::id::{ConversationId, UserId};
use crate::model::Presence;
use crate::protocol::Event;

impl Chat {
    /// Whether users are online, and when those who are not were last seen: of those whose presence `viewer` may
    /// know, in any order. They share a conversation, neither blocks the other, and both show it. The others are
    /// left out, whoever they are.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn presence(
        &self,
        viewer: &UserId,
        users: &[UserId],
    ) -> Result<Vec<Presence>, Error> {
        let visible = self.shared.hub.visible(viewer, users).await?;
        Ok(self.shared.hub.presence_of(&visible).await?)
    }

    /// Tells the others that a member types, or stopped; not past a block. What cannot be decided in time is
    /// not told.
    pub(crate) async fn typing(&self, conversation: ConversationId, user: &UserId, active: bool) {
        let asked = self.shared.people.barred(conversation);
        let barred = tokio::time::timeout(self.shared.limits.store_timeout, asked).await;
        if !matches!(barred, Ok(Ok(false))) {
            return;
        }
        let event = Event::Typing {
            conversation_id: conversation,
            user_id: user.clone(),
            active,
        };
        self.shared.hub.publish(conversation, [event]);
    }
}
