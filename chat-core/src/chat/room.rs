//! A group that the program itself keeps.

use std::slice;

use crate::chat::{Chat, ConversationDetails, Error};
use crate::id::{ConversationId, UserId};
use crate::model::{Appended, Refusal};
use crate::protocol::MessageBody;

/// A group that the program lets users into: a lobby, or what everybody is in. Clones share it.
///
/// It is owned by a keeper, an id of the program's own that is no user's: so nobody else can close it or send anybody
/// away. With the keeper it has at most [`Limits::group_members`](crate::protocol::Limits::group_members) members.
///
/// ```
/// use chat_core::chat::{Chat, Room};
/// use chat_core::id::UserId;
/// use chat_core::memory::MemoryStore;
/// use chat_core::model::Profile;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (store, ada) = (MemoryStore::new(), UserId::new("ada")?);
/// store.insert_user(Profile::new(ada.clone(), "Ada"));
/// let chat = Chat::builder(store.clone(), store).build();
///
/// let room = Room::create(&chat, UserId::new("house")?, "Lobby").await?;
/// room.admit(&ada).await?;
/// room.say(&ada, "hello").await?;
/// room.dismiss(&ada).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Room {
    chat: Chat,
    keeper: UserId,
    id: ConversationId,
}

impl Room {
    /// Makes a room that `keeper` owns.
    ///
    /// # Errors
    /// As [`Chat::create_group`].
    pub async fn create(chat: &Chat, keeper: UserId, name: &str) -> Result<Self, Error> {
        let made = chat.create_group(&keeper, name, &[]).await?;
        Ok(Self::of(chat, keeper, made.conversation.id))
    }

    /// The room that was made as `id`, for stores that outlive the program.
    #[must_use]
    pub fn of(chat: &Chat, keeper: UserId, id: ConversationId) -> Self {
        let chat = chat.clone();
        Self { chat, keeper, id }
    }

    /// The conversation that it is.
    #[must_use]
    pub const fn id(&self) -> ConversationId {
        self.id
    }

    /// Makes a user a member, who may be one already.
    ///
    /// # Errors
    /// As [`Chat::add_members`]; [`Refusal::Full`].
    pub async fn admit(&self, user: &UserId) -> Result<(), Error> {
        let user = slice::from_ref(user);
        let admitted = self.chat.add_members(&self.keeper, self.id, user);
        admitted.await.map(drop)
    }

    /// Takes a member's leave, who need not be one.
    ///
    /// # Errors
    /// As [`Chat::leave`].
    pub async fn dismiss(&self, user: &UserId) -> Result<(), Error> {
        match self.chat.leave(user, self.id).await {
            Ok(_) | Err(Error::Refused(Refusal::NotMember)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends a member's text to all.
    ///
    /// # Errors
    /// As [`Chat::send`].
    pub async fn say(&self, user: &UserId, text: impl Into<String>) -> Result<Appended, Error> {
        let body = MessageBody::text(text);
        self.chat.send(user, self.id, body).await
    }

    /// The conversation as its keeper sees it.
    ///
    /// # Errors
    /// As [`Chat::conversation`].
    pub async fn details(&self) -> Result<ConversationDetails, Error> {
        self.chat.conversation(&self.keeper, self.id).await
    }
}
