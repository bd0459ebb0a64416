//! Putting a chat together from its ports.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore};

use crate::chat::combiner::Combiner;
use crate::chat::markers::MarkWork;
use crate::chat::messages::AppendWork;
use crate::chat::notices::{Look, Notices};
use crate::chat::push::Push;
use crate::chat::slots::Slots;
use crate::chat::throttle::KeyedBuckets;
use crate::chat::{Chat, Shared};
use crate::hub::{Hub, HubPorts};
use crate::media::{MediaInspector, MediaUploader, Spool};
use crate::notify::{Notifier, PushService};
use crate::policy::Policy;
use crate::presence::PresenceBus;
use crate::protocol::Limits;
use crate::store::{
    ConversationStore, LastSeenStore, MessageStore, PeopleStore, PushStore, UploadStore, UserStore,
};

/// What a policy that does not answer in time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The action is allowed after this time (fail open).
    Allows(Duration),
    /// The action is denied after this time (fail closed).
    Denies(Duration),
}

impl Silence {
    pub(super) const fn after(self) -> Duration {
        match self {
            Self::Allows(after) | Self::Denies(after) => after,
        }
    }
}

impl Default for Silence {
    /// Denied after two seconds.
    fn default() -> Self {
        Self::Denies(Duration::from_secs(2))
    }
}

/// Collects a chat's parts; what is not given is as the methods say.
#[derive(Debug)]
pub struct ChatBuilder {
    users: Arc<dyn UserStore>,
    conversations: Arc<dyn ConversationStore>,
    messages: Arc<dyn MessageStore>,
    uploads: Arc<dyn UploadStore>,
    last_seen: Arc<dyn LastSeenStore>,
    people: Arc<dyn PeopleStore>,
    inspector: Option<Arc<dyn MediaInspector>>,
    uploader: Option<Arc<dyn MediaUploader>>,
    spool: Option<Spool>,
    policy: Option<(Arc<dyn Policy>, Silence)>,
    bus: Option<Arc<dyn PresenceBus>>,
    notifier: Option<Arc<dyn Notifier>>,
    push: Option<Push>,
    limits: Limits,
}

impl Chat {
    /// Begins with a backend for everything that is chat's own, and the host's users.
    #[must_use]
    pub fn builder<S>(store: S, users: impl UserStore) -> ChatBuilder
    where
        S: ConversationStore + MessageStore + UploadStore + LastSeenStore + PeopleStore,
    {
        let store = Arc::new(store);
        ChatBuilder {
            users: Arc::new(users),
            conversations: Arc::clone(&store) as _,
            messages: Arc::clone(&store) as _,
            uploads: Arc::clone(&store) as _,
            last_seen: Arc::clone(&store) as _,
            people: store,
            inspector: None,
            uploader: None,
            spool: None,
            policy: None,
            bus: None,
            notifier: None,
            push: None,
            limits: Limits::default(),
        }
    }
}

impl ChatBuilder {
    /// Takes pictures: checked by `inspector`, kept by `uploader`. Without, uploading is refused.
    #[must_use]
    pub fn media(mut self, inspector: impl MediaInspector, uploader: impl MediaUploader) -> Self {
        self.inspector = Some(Arc::new(inspector));
        self.uploader = Some(Arc::new(uploader));
        self
    }

    /// Takes videos, sounds and other files too: while they come they are in `spool`, not in memory. Without,
    /// only pictures are taken.
    #[must_use]
    pub fn spool(mut self, spool: Spool) -> Self {
        self.spool = Some(spool);
        self
    }

    /// Asks `policy` about every action. Without, everything is allowed.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy, silence: Silence) -> Self {
        self.policy = Some((Arc::new(policy), silence));
        self
    }

    /// Shares the store with other nodes, which are reached over `bus`. Without, this is the only one.
    #[must_use]
    pub fn bus(mut self, bus: impl PresenceBus) -> Self {
        self.bus = Some(Arc::new(bus));
        self
    }

    /// Tells members of messages that no session of theirs got, by `notifier`; by a pair of them, by both. Without,
    /// nobody is told, and nothing is looked for.
    #[must_use]
    pub fn notifier(mut self, notifier: impl Notifier) -> Self {
        self.notifier = Some(Arc::new(notifier));
        self
    }

    /// Takes subscriptions to Web Push, and keeps them in `store`; they are for the notifier that `service` is of.
    /// Without, there are none.
    #[must_use]
    pub fn push(mut self, store: impl PushStore, service: PushService) -> Self {
        let store = Arc::new(store);
        self.push = Some(Push { store, service });
        self
    }

    /// Replaces one port of the backend.
    #[must_use]
    pub fn conversations(mut self, store: impl ConversationStore) -> Self {
        self.conversations = Arc::new(store);
        self
    }

    /// Replaces one port of the backend.
    #[must_use]
    pub fn messages(mut self, store: impl MessageStore) -> Self {
        self.messages = Arc::new(store);
        self
    }

    /// Replaces one port of the backend.
    #[must_use]
    pub fn uploads(mut self, store: impl UploadStore) -> Self {
        self.uploads = Arc::new(store);
        self
    }

    /// Replaces one port of the backend.
    #[must_use]
    pub fn last_seen(mut self, store: impl LastSeenStore) -> Self {
        self.last_seen = Arc::new(store);
        self
    }

    /// Replaces one port of the backend: by what wraps it, since whoever appends messages has to see the blocks.
    #[must_use]
    pub fn people(mut self, store: impl PeopleStore) -> Self {
        self.people = Arc::new(store);
        self
    }

    /// Other limits than [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The chat.
    #[must_use]
    pub fn build(self) -> Chat {
        let ports = HubPorts {
            messages: Arc::clone(&self.messages),
            conversations: Arc::clone(&self.conversations),
            users: Arc::clone(&self.users),
            people: Arc::clone(&self.people),
            last_seen: Arc::clone(&self.last_seen),
            bus: self.bus.clone(),
        };
        let hub = Hub::new(ports, self.limits.clone());
        let notices = self.notices(&hub);
        let appends = AppendWork {
            messages: Arc::clone(&self.messages),
            hub: hub.clone(),
            notices: notices.clone(),
            timeout: self.limits.store_timeout,
        };
        let marks = MarkWork::new(Arc::clone(&self.conversations), hub.clone(), &self.limits);
        let shared = Shared {
            users: self.users,
            conversations: self.conversations,
            messages: self.messages,
            uploads: self.uploads,
            people: self.people,
            inspector: self.inspector,
            uploader: self.uploader,
            spool: self.spool,
            slots: Slots::new(
                self.limits.uploads_at_once,
                self.limits.uploads_at_once_per_user,
            ),
            policy: self.policy,
            appends: Combiner::new(appends, self.limits.waiting_drafts, self.limits.batch),
            marks: Combiner::new(marks, self.limits.waiting_drafts, self.limits.batch),
            send_rate: KeyedBuckets::new(
                self.limits.send_burst,
                self.limits.send_refill_per_second,
            ),
            notices,
            push: self.push,
            signal_rate: KeyedBuckets::new(
                self.limits.call_signal_burst,
                self.limits.call_signal_refill_per_second,
            ),
            offer_rate: KeyedBuckets::new(
                self.limits.call_offer_burst,
                self.limits.call_offer_refill_per_second,
            ),
            openings: Semaphore::new(self.limits.openings),
            limits: self.limits,
            hub,
            epoch: OnceCell::new(),
            draining: AtomicBool::new(false),
        };
        Chat {
            shared: Arc::new(shared),
        }
    }

    fn notices(&self, hub: &Hub) -> Option<Notices> {
        let look = Look {
            conversations: Arc::clone(&self.conversations),
            messages: Arc::clone(&self.messages),
            people: Arc::clone(&self.people),
            hub: hub.clone(),
            notifier: Arc::clone(self.notifier.as_ref()?),
            timeout: self.limits.notify_timeout,
            store_timeout: self.limits.store_timeout,
            questions: Arc::new(Semaphore::new(Look::QUESTIONS)),
        };
        let limits = &self.limits;
        Some(Notices::new(
            look,
            limits.notify_after,
            limits.waiting_notices,
        ))
    }
}
