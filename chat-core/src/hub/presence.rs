//! Who is online, and who hears of it.
//!
//! A user is online while a connection is there, on any node: each holds a lease of its users on the bus. The
//! last one's going is announced after a while, so that a reload does not flicker; a node that died is
//! missed when its leases end.

use std::collections::HashSet;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use crate::hub::nodes::Told;
use crate::hub::topic::Pending;
use crate::hub::{Hub, Shared};
use crate::id::{Timestamp, UserId};
use crate::presence::Topic as Key;
use crate::protocol::{Event, PresenceView};

/// How often leases are renewed and those who are watched looked at: several times within a lease.
const LOOK: Duration = Duration::from_secs(10);

/// How long the bus may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many users the bus is asked for at once.
const AT_ONCE: usize = 500;

/// Users who came or went, and of whom nobody was told yet.
#[derive(Debug, Default)]
pub(super) struct Presences {
    users: Mutex<HashSet<UserId>>,
    noted: Notify,
    /// The bus may have forgotten all leases.
    everybody: AtomicBool,
}

impl Presences {
    /// The user may have come or gone: whichever it is when it is looked at counts.
    pub(super) fn note(&self, user: UserId) {
        self.lock().insert(user);
        self.noted.notify_one();
    }

    /// All leases are to be taken anew.
    pub(super) fn note_all(&self) {
        self.everybody.store(true, Ordering::Release);
        self.noted.notify_one();
    }

    fn take(&self) -> Vec<UserId> {
        self.lock().drain().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Whether a user has a connection here.
    #[must_use]
    pub fn is_online(&self, user: &UserId) -> bool {
        self.shared.registry.is_online(user)
    }

    /// Those of `users` who are online, on any node. While the bus cannot be asked, those of other nodes who
    /// were last told to be.
    pub async fn online(&self, users: &[UserId]) -> HashSet<UserId> {
        let (here, away): (Vec<UserId>, Vec<UserId>) =
            users.iter().cloned().partition(|user| self.is_online(user));
        let mut online: HashSet<_> = here.into_iter().collect();
        match self.ask_bus(&away).await {
            Some(elsewhere) => online.extend(elsewhere),
            None => online.extend(away.into_iter().filter(|user| {
                let topic = self.shared.registry.topic(&Key::Presence(user.clone()));
                topic.is_some_and(|topic| topic.lock().was_told_online() == Some(true))
            })),
        }
        online
    }

    /// Who of `users` holds a lease; none if the bus cannot be asked. Nobody does where there is no bus.
    async fn ask_bus(&self, users: &[UserId]) -> Option<Vec<UserId>> {
        let Some((_, bus)) = self.shared.nodes.bus().filter(|_| !users.is_empty()) else {
            return Some(Vec::new());
        };
        match timeout(PATIENCE, bus.online(users)).await {
            Ok(Ok(online)) => Some(online),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// The last connection of a user here has gone; it may come back in time.
    pub(super) fn expect_offline(&self, user: UserId) {
        let hub = self.clone();
        tokio::spawn(async move {
            sleep(hub.shared.limits.offline_after).await;
            if !hub.is_online(&user) {
                hub.shared.presences.note(user);
            }
        });
    }

    /// Takes leases of those who are here, gives back those of the others, and tells whoever watches them.
    async fn settle_presence(&self, users: Vec<UserId>) {
        let (here, gone): (Vec<UserId>, Vec<UserId>) =
            users.into_iter().partition(|user| self.is_online(user));
        self.renew(&here).await;
        for user in here {
            self.announce(online(user));
        }
        if let Some((node, bus)) = self.shared.nodes.bus().filter(|_| !gone.is_empty()) {
            // A lease that cannot be given back ends by itself.
            let _ = timeout(PATIENCE, bus.release(node, &gone)).await;
        }
        let elsewhere = self.ask_bus(&gone).await.unwrap_or_default();
        let left = gone.into_iter().filter(|user| !elsewhere.contains(user));
        self.announce_offline(left.collect()).await;
    }

    async fn announce_offline(&self, users: Vec<UserId>) {
        if users.is_empty() {
            return;
        }
        let seen = Timestamp::now();
        let touched: Vec<_> = users.iter().map(|user| (user.clone(), seen)).collect();
        if let Err(error) = self.shared.ports.last_seen.touch(&touched).await {
            tracing::warn!(
                error = &error as &dyn Error,
                "cannot note when users were last seen"
            );
        }
        for user_id in users {
            self.announce(PresenceView {
                user_id,
                online: false,
                last_seen: Some(seen),
            });
        }
    }

    /// Tells the watchers on all nodes.
    fn announce(&self, presence: PresenceView) {
        let topic = Key::Presence(presence.user_id.clone());
        let event = Event::PresenceChanged(presence.clone());
        let told = Told::Event {
            after: None,
            event: &event,
        };
        self.shared.nodes.tell(topic, &told);
        self.show_presence(presence);
    }

    /// Tells the watchers here.
    pub(super) fn show_presence(&self, presence: PresenceView) {
        let key = Key::Presence(presence.user_id.clone());
        if let Some(topic) = self.shared.registry.topic(&key) {
            self.enqueue(
                &topic,
                [Pending::Event(Event::PresenceChanged(presence).into())],
            );
        }
    }

    async fn renew(&self, users: &[UserId]) {
        let Some((node, bus)) = self.shared.nodes.bus() else {
            return;
        };
        for some in users.chunks(AT_ONCE) {
            if !matches!(timeout(PATIENCE, bus.renew(node, some)).await, Ok(Ok(()))) {
                tracing::debug!("leases could not be renewed");
                return;
            }
        }
    }

    /// Compares what watchers were told with the leases: a node that died told nobody that its users went.
    async fn look_at_watched(&self) {
        let watched = self.shared.registry.watched();
        let away: Vec<_> = watched
            .into_iter()
            .filter(|(user, _)| !self.is_online(user))
            .collect();
        for some in away.chunks(AT_ONCE) {
            let users: Vec<UserId> = some.iter().map(|(user, _)| user.clone()).collect();
            let Some(holders) = self.ask_bus(&users).await else {
                return;
            };
            let holders: HashSet<UserId> = holders.into_iter().collect();
            let mut gone = Vec::new();
            for (user, told) in some {
                match holders.contains(user) {
                    true if *told != Some(true) => self.show_presence(online(user.clone())),
                    false if *told == Some(true) => gone.push(user.clone()),
                    true | false => {}
                }
            }
            self.announce_offline(gone).await;
        }
    }
}

fn online(user_id: UserId) -> PresenceView {
    PresenceView {
        user_id,
        online: true,
        last_seen: None,
    }
}

/// Keeps leases and watchers up to date until the hub is gone.
pub(super) async fn run(hub: Weak<Shared>) {
    let mut renewed = Instant::now();
    loop {
        let Some(shared) = hub.upgrade() else { return };
        let presences = Arc::clone(&shared.presences);
        drop(shared);
        // Either way all that is due is done.
        let _ = timeout(LOOK, presences.noted.notified()).await;
        let Some(shared) = hub.upgrade() else { return };
        let hub = Hub { shared };
        hub.settle_presence(presences.take()).await;
        if renewed.elapsed() >= LOOK || presences.everybody.swap(false, Ordering::AcqRel) {
            renewed = Instant::now();
            hub.renew(&hub.shared.registry.users_here()).await;
            hub.look_at_watched().await;
        }
    }
}
