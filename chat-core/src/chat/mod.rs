//! The use cases: what a user may ask, one file per noun.
//!
//! `Chat` validates, asks the policy, lets the store decide in its own transaction, and publishes
//! what was committed. It never sees a socket: sessions and REST call it alike.

mod builder;
mod calls;
mod combiner;
mod conversations;
mod error;
mod gather;
mod intake;
mod markers;
mod messages;
mod notices;
mod people;
mod presence;
mod push;
mod revisions;
mod room;
mod search;
mod slots;
mod throttle;
mod uploads;
mod users;
mod validate;
mod vitals;
mod within;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::hub::Hub;
use crate::id::{Epoch, UserId};
use crate::media::{MediaInspector, MediaUploader, Spool};
use crate::policy::{Action, Decision, Policy};
use crate::protocol::Limits;
use crate::store::{ConversationStore, MessageStore, PeopleStore, UploadStore, UserStore};

pub use builder::{ChatBuilder, Silence};
pub use conversations::{ConversationDetails, Inbox};
pub use error::Error;
pub use intake::Intake;
pub use messages::{History, HistoryQuery};
pub use people::Blocked;
pub use revisions::Reactors;
pub use room::Room;
pub use search::{Found, MessageQuery};
pub(crate) use throttle::Bucket;
pub use uploads::{Media, Variant};
pub use vitals::Vitals;

use combiner::Combiner;
use markers::MarkWork;
use messages::AppendWork;
use notices::Notices;
use push::Push;
use slots::Slots;
use throttle::KeyedBuckets;

/// A chat: the library's front door. Clones share it.
///
/// Its calls begin tasks in the tokio runtime that they are made in, such as for what goes out to a large room: make them
/// in one that goes on being driven when they have returned, as a server's is.
///
/// ```
/// use chat_core::chat::Chat;
/// use chat_core::id::UserId;
/// use chat_core::memory::MemoryStore;
/// use chat_core::protocol::MessageBody;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let (ada, bob) = (UserId::new("ada")?, UserId::new("bob")?);
/// # for user in [&ada, &bob] {
/// #     store.insert_user(chat_core::model::Profile::new(user.clone(), user.to_string()));
/// # }
/// let chat = Chat::builder(store.clone(), store).build();
///
/// let direct = chat.create_direct(&ada, &bob).await?;
/// let sent = chat.send(&ada, direct.conversation.id, MessageBody::text("hello")).await?;
/// assert_eq!(sent.message.seq.get(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Chat {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    users: Arc<dyn UserStore>,
    conversations: Arc<dyn ConversationStore>,
    messages: Arc<dyn MessageStore>,
    uploads: Arc<dyn UploadStore>,
    people: Arc<dyn PeopleStore>,
    inspector: Option<Arc<dyn MediaInspector>>,
    uploader: Option<Arc<dyn MediaUploader>>,
    spool: Option<Spool>,
    slots: Arc<Slots>,
    /// Allows everything if there is none.
    policy: Option<(Arc<dyn Policy>, Silence)>,
    limits: Limits,
    hub: Hub,
    appends: Combiner<AppendWork>,
    marks: Combiner<MarkWork>,
    notices: Option<Notices>,
    push: Option<Push>,
    send_rate: KeyedBuckets<UserId>,
    signal_rate: KeyedBuckets<UserId>,
    offer_rate: KeyedBuckets<UserId>,
    /// Turns to ask the store for what a connection missed.
    openings: Semaphore,
    epoch: OnceCell<Epoch>,
    draining: AtomicBool,
}

impl Chat {
    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// The node's hub.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    /// The store's epoch; read once.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn epoch(&self) -> Result<Epoch, Error> {
        let epoch = self
            .shared
            .epoch
            .get_or_try_init(|| self.shared.messages.epoch())
            .await;
        epoch.copied().map_err(Error::from)
    }

    /// A turn to ask the store for what a connection missed: after an outage all come back at once, and a
    /// store that is asked by everybody answers nobody.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        let turn = self.shared.openings.acquire();
        match tokio::time::timeout(self.shared.limits.opening_within, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => {
                metrics::counter!("chat_openings_refused_total").increment(1);
                Err(Error::Busy)
            }
        }
    }

    /// Whether the store can be reached now.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn ready(&self) -> Result<(), Error> {
        let asked = tokio::time::timeout(
            self.shared.limits.store_timeout,
            self.shared.messages.epoch(),
        );
        asked
            .await
            .map_err(|_| Error::Timeout)?
            .map(drop)
            .map_err(Error::from)
    }

    /// Begins to go away: from now on the chat says that it is not ready, and every connection, also
    /// one that was just being opened, is told to come back within `spread`, so that they do not all
    /// come at once. Whoever was not reached by a message is told of it at once, as far as the process lives long
    /// enough: see [`notices_told`](Self::notices_told).
    pub fn drain(&self, spread: std::time::Duration) {
        self.shared.draining.store(true, Ordering::Release);
        if let Some(notices) = &self.shared.notices {
            notices.hurry();
        }
        self.shared.hub.close_all(spread);
    }

    /// Waits until no message waits for members to be told of it by the notifier. For whoever ends the process, after
    /// [`drain`](Self::drain) and for a limited time: what still waits then is told to nobody.
    pub async fn notices_told(&self) {
        if let Some(notices) = &self.shared.notices {
            notices.told().await;
        }
    }

    /// Whether [`drain`](Self::drain) was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.draining.load(Ordering::Acquire)
    }

    /// Asks the policy, for a limited time.
    async fn ask(&self, actor: &UserId, action: Action<'_>) -> Result<Option<String>, Error> {
        let Some((policy, silence)) = &self.shared.policy else {
            return Ok(None);
        };
        let asked = policy.check(actor, action);
        match (tokio::time::timeout(silence.after(), asked).await, silence) {
            (Ok(Decision::Allow), _) | (Err(_), Silence::Allows(_)) => Ok(None),
            (Ok(Decision::Rewrite(text)), _) => Ok(Some(text)),
            (Ok(Decision::Deny(reason)), _) => {
                Err(Error::Denied(reason.chars().take(200).collect()))
            }
            (Err(_), Silence::Denies(_)) => {
                Err(Error::Denied("the policy did not answer".to_owned()))
            }
        }
    }
}

impl crate::auth::EndSessions for Chat {
    fn end_sessions(&self, user: &UserId, logins: &[crate::id::LoginId]) {
        self.shared.hub.end_sessions(user, logins);
    }

    fn profile_changed(&self, user: &UserId) {
        self.shared.hub.profile_changed(user);
    }

    fn open_sessions(&self) -> Vec<(UserId, crate::id::LoginId)> {
        self.shared.hub.logins()
    }
}
