//! Whose presence a connection may still hear of: looked at again when somebody decided about somebody else.
//!
//! A block, its end, or what a user lets others see: nodes tell each other no more than whom it is about.
//! Each then asks the store, so that what comes twice, late or out of order does no harm. One task per node
//! does it, one viewer after the other.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use crate::hub::nodes::Told;
use crate::hub::{Connection, Hub, Shared, deliver};
use crate::id::UserId;
use crate::model::Presence;
use crate::presence::Topic as Key;
use crate::protocol::Event;
use crate::store::StoreError;

/// How many viewers are noted one by one; beyond that everybody is looked at.
const MAX_DUE: usize = 10_000;

/// How many watchers of one user the store is asked about at once.
const AT_ONCE: usize = 500;

/// How soon it is tried again after the store failed.
const AGAIN: Duration = Duration::from_secs(1);

/// How soon viewers are looked at again whose connection is still being opened.
const SOON: Duration = Duration::from_millis(50);

/// What of a viewer is to be looked at.
#[derive(Debug, PartialEq, Eq)]
enum Scope {
    /// What they may know of these.
    Of(HashSet<UserId>),
    /// All that they watch, and the other sides of their direct conversations.
    All,
}

impl Scope {
    fn merge(&mut self, more: Self) {
        match (&mut *self, more) {
            (Self::Of(others), Self::Of(more)) => others.extend(more),
            (_, Self::All) => *self = Self::All,
            (Self::All, Self::Of(_)) => {}
        }
    }
}

/// Viewers of whom nobody was told yet.
#[derive(Debug, Default)]
pub(super) struct Reviews {
    due: Mutex<Due>,
    noted: Notify,
}

#[derive(Debug, Default)]
struct Due {
    viewers: BTreeMap<UserId, Scope>,
    /// Whoever watches these may no more.
    watched: BTreeSet<UserId>,
    everybody: bool,
}

impl Due {
    fn add(&mut self, viewer: UserId, scope: Scope) {
        if self.is_full() && !self.viewers.contains_key(&viewer) {
            self.everybody = true;
            return;
        }
        let fresh = Scope::Of(HashSet::new());
        self.viewers.entry(viewer).or_insert(fresh).merge(scope);
    }

    fn add_watched(&mut self, user: UserId) {
        if self.is_full() {
            self.everybody = true;
        } else {
            self.watched.insert(user);
        }
    }

    fn is_full(&self) -> bool {
        self.viewers.len() + self.watched.len() >= MAX_DUE
    }
}

impl Reviews {
    /// What `viewer` may know of `other` may be different now; of everybody, if none is named.
    pub(super) fn note(&self, viewer: UserId, other: Option<UserId>) {
        let scope = other.map_or(Scope::All, |other| Scope::Of([other].into()));
        self.lock().add(viewer, scope);
        self.noted.notify_one();
    }

    /// Whoever watches `user` may know something else of them.
    fn note_watched(&self, user: UserId) {
        self.lock().add_watched(user);
        self.noted.notify_one();
    }

    /// Something may have been decided that nobody told of.
    pub(super) fn note_all(&self) {
        self.lock().everybody = true;
        self.noted.notify_one();
    }

    /// Notes again what was not looked at, beside what was noted meanwhile.
    fn put_back(&self, left: Due) {
        let mut due = self.lock();
        due.everybody |= left.everybody;
        for (viewer, scope) in left.viewers {
            due.add(viewer, scope);
        }
        for user in left.watched {
            due.add_watched(user);
        }
    }

    fn take(&self) -> Due {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// One of the two blocked the other, or ended that: on every node their connections hear of each other's
    /// presence as they may now.
    pub fn decided(&self, one: &UserId, two: &UserId) {
        for (viewer, other) in [(one, two), (two, one)] {
            self.review(viewer.clone(), Some(other.clone()));
        }
    }

    /// `user` shows their presence to others than before: on every node, whoever watches it, the sides of
    /// `direct` conversations with the user, and the user's own connections hear what they may now.
    pub fn shows_presence_to_others(&self, user: &UserId, direct: &[UserId]) {
        self.review(user.clone(), None);
        let told = Told::Review { other: None };
        self.shared.nodes.tell(Key::Presence(user.clone()), &told);
        self.review_watchers(user);
        for viewer in direct {
            self.review(viewer.clone(), Some(user.clone()));
        }
    }

    fn review(&self, viewer: UserId, other: Option<UserId>) {
        self.shared.nodes.start(self);
        let told = Told::Review {
            other: other.clone(),
        };
        self.shared.nodes.tell(Key::User(viewer.clone()), &told);
        self.expect_review(viewer, other);
    }

    /// Looks, soon, at what `viewer` may know of `other`, or of everybody, if the viewer is here.
    pub(super) fn expect_review(&self, viewer: UserId, other: Option<UserId>) {
        if self.shared.registry.is_online(&viewer) {
            self.shared.reviews.note(viewer, other);
        }
    }

    /// Shows `viewer`, soon, the presence that could not be looked up when a connection was opened.
    pub(crate) fn show_later(&self, viewer: &UserId) {
        self.shared.nodes.start(self);
        self.expect_review(viewer.clone(), None);
    }

    /// Looks, soon, at those who watch `user` here.
    pub(super) fn review_watchers(&self, user: &UserId) {
        let key = Key::Presence(user.clone());
        if self.shared.registry.topic(&key).is_some() {
            self.shared.reviews.note_watched(user.clone());
        }
    }

    /// `user` is no member of a conversation any more: it may have been the last that they shared with somebody.
    pub(super) fn parted(&self, user: &UserId) {
        self.expect_review(user.clone(), None);
        self.review_watchers(user);
    }

    /// Looks at all that is noted. What the store's failure keeps it from stays noted.
    async fn review_due(&self) -> Result<(), StoreError> {
        let mut due = self.shared.reviews.take();
        if std::mem::take(&mut due.everybody) {
            let everybody = self.shared.registry.users_here().into_iter();
            due.viewers = everybody.map(|user| (user, Scope::All)).collect();
            due.watched.clear();
        }
        let done = self.review_all(&mut due).await;
        if done.is_err() {
            self.shared.reviews.put_back(due);
        }
        done
    }

    /// Takes out of `due` what it has looked at.
    async fn review_all(&self, due: &mut Due) -> Result<(), StoreError> {
        while let Some(viewer) = due.viewers.first_entry() {
            self.review_viewer(viewer.key(), viewer.get()).await?;
            viewer.remove();
        }
        while let Some(user) = due.watched.first() {
            self.review_watchers_of(user).await?;
            due.watched.pop_first();
        }
        Ok(())
    }

    /// Who may see whom is mutual, so that all who watch one user are one question.
    async fn review_watchers_of(&self, user: &UserId) -> Result<(), StoreError> {
        let Some(topic) = self.shared.registry.topic(&Key::Presence(user.clone())) else {
            return Ok(());
        };
        let watching = topic.lock().connections();
        let watchers: HashSet<UserId> = watching.iter().map(|one| one.user().clone()).collect();
        let watchers: Vec<UserId> = watchers.into_iter().collect();
        let mut may: HashSet<UserId> = HashSet::new();
        for some in watchers.chunks(AT_ONCE) {
            may.extend(self.visible(user, some).await?);
        }
        for connection in watching.iter().filter(|one| !may.contains(one.user())) {
            self.stop_showing(connection, &[user]);
        }
        Ok(())
    }

    async fn review_viewer(&self, viewer: &UserId, scope: &Scope) -> Result<(), StoreError> {
        let connections = self.shared.registry.connections(viewer).into_iter();
        let (connections, opening): (Vec<_>, Vec<_>) =
            connections.partition(|connection| connection.is_started());
        if !opening.is_empty() {
            self.review_again(viewer.clone());
        }
        if connections.is_empty() {
            return Ok(());
        }
        let direct = self.direct_peers(viewer).await?;
        let others: HashSet<UserId> = match scope {
            Scope::Of(others) => others.clone(),
            Scope::All => {
                let watched = connections.iter().flat_map(|one| one.watched_users());
                watched.chain(direct.iter().cloned()).collect()
            }
        };
        let asked: Vec<UserId> = others.iter().cloned().collect();
        let visible = self.visible(viewer, &asked).await?.into_iter();
        let visible: HashSet<UserId> = visible.collect();
        let hidden: Vec<&UserId> = others.difference(&visible).collect();
        let shown: Vec<UserId> = visible.intersection(&direct).cloned().collect();
        for connection in &connections {
            self.stop_showing(connection, &hidden);
            self.begin_showing(connection, &shown).await?;
        }
        Ok(())
    }

    /// The other sides of a user's direct conversations.
    async fn direct_peers(&self, user: &UserId) -> Result<HashSet<UserId>, StoreError> {
        let memberships = self.shared.ports.conversations.memberships(user).await?;
        let peers = memberships.into_iter().filter_map(|place| place.peer);
        Ok(peers.map(|(peer, _)| peer).collect())
    }

    /// A connection that is being opened is shown the others at its beginning; it may have asked too early.
    fn review_again(&self, viewer: UserId) {
        let hub = self.clone();
        tokio::spawn(async move {
            sleep(SOON).await;
            hub.expect_review(viewer, None);
        });
    }

    /// The last that the connection hears of these users is that they are not there.
    fn stop_showing(&self, connection: &Arc<Connection>, users: &[&UserId]) {
        for user in users {
            if self.unwatch_one(connection, user) {
                deliver::to_connection(connection, &Event::gone(user));
            }
        }
    }

    /// Lets the connection hear of those users of whom it does not, and tells how they are.
    async fn begin_showing(
        &self,
        connection: &Arc<Connection>,
        users: &[UserId],
    ) -> Result<(), StoreError> {
        let new = users.iter().filter(|user| !connection.watches(user));
        let new: Vec<UserId> = new.cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let tell = |presences: Vec<Presence>| {
            for presence in presences {
                deliver::queue(connection, &Event::PresenceChanged(presence.into()));
            }
        };
        self.watch(connection, &new, tell).await
    }
}

/// Looks at what is noted until the hub is gone.
pub(super) async fn run(hub: Weak<Shared>) {
    loop {
        let Some(shared) = hub.upgrade() else { return };
        let reviews = Arc::clone(&shared.reviews);
        drop(shared);
        reviews.noted.notified().await;
        let Some(shared) = hub.upgrade() else { return };
        let hub = Hub { shared };
        if let Err(error) = hub.review_due().await {
            tracing::warn!(
                error = &error as &dyn Error,
                "cannot look at who may see whose presence"
            );
            drop(hub);
            sleep(AGAIN).await;
            reviews.noted.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    fn of(names: &[&str]) -> Scope {
        Scope::Of(names.iter().map(|name| user(name)).collect())
    }

    #[test]
    fn who_was_not_looked_at_is_noted_again_beside_what_came_meanwhile() {
        let reviews = Reviews::default();
        reviews.note(user("ada"), Some(user("bob")));
        reviews.note(user("eve"), Some(user("bob")));
        reviews.note(user("kim"), None);
        let left = reviews.take();
        reviews.note(user("ada"), Some(user("lee")));
        reviews.note(user("eve"), None);

        reviews.put_back(left);

        let due = reviews.take();
        assert!(!due.everybody, "nobody else is looked at");
        let all = [
            (user("ada"), of(&["bob", "lee"])),
            (user("eve"), Scope::All),
            (user("kim"), Scope::All),
        ];
        assert_eq!(due.viewers, BTreeMap::from(all));
    }

    #[test]
    fn beyond_so_many_viewers_everybody_is_looked_at() {
        let reviews = Reviews::default();
        for n in 0..=MAX_DUE {
            reviews.note(user(&format!("u{n}")), None);
        }

        let due = reviews.take();
        assert_eq!((due.viewers.len(), due.everybody), (MAX_DUE, true));
    }
}
