//! Whose presence a connection hears of, and may.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::hub::subscriber::Stage;
use crate::hub::{Connection, Hub, deliver};
use crate::id::{Rev, Seq, Timestamp, UserId};
use crate::model::{Audience, Presence};
use crate::presence::Topic as Key;
use crate::protocol::{Event, PresenceView};
use crate::store::StoreError;

/// How a user is, as it was looked up.
pub(super) struct Seen {
    pub(super) now: Presence,
    /// What watchers had been told last when it was.
    pub(super) told: Option<PresenceView>,
}

impl Hub {
    /// Those of `users` whose presence `viewer` may know: who shares a conversation with them, unless one of the
    /// two blocks the other or shows it to nobody.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    pub async fn visible(
        &self,
        viewer: &UserId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let ports = &self.shared.ports;
        let concerned: Vec<UserId> = users.iter().chain([viewer]).cloned().collect();
        let (mut visible, blocks, privacy) = tokio::try_join!(
            ports.conversations.acquainted(viewer, users),
            ports.people.blocks(viewer, users),
            ports.people.privacy(&concerned),
        )?;
        let hidden = privacy
            .into_iter()
            .filter(|(_, privacy)| privacy.last_seen == Audience::Nobody);
        let mut hidden: HashSet<UserId> = hidden.map(|(user, _)| user).collect();
        let hides = hidden.contains(viewer);
        hidden.extend(blocks.into_iter().flat_map(|block| [block.by, block.other]));
        visible.retain(|user| user == viewer || !(hides || hidden.contains(user)));
        Ok(visible)
    }

    /// The presence of users that the asker may know.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails.
    pub async fn presence_of(&self, users: &[UserId]) -> Result<Vec<Presence>, StoreError> {
        let online = self.online(users).await;
        let away = users.iter().filter(|user| !online.contains(*user));
        let away: Vec<UserId> = away.cloned().collect();
        let mut seen: HashMap<UserId, Timestamp> = match away.is_empty() {
            true => HashMap::new(),
            false => self
                .shared
                .ports
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

    /// Lets `connection` hear of the presence of those of these users who are
    /// [`visible`](Self::visible), at most [`Limits::watched_users`](crate::protocol::Limits::watched_users) in
    /// all. `answer` is given how those are of whom it now hears, before it hears more of them.
    ///
    /// The store is asked once the topics are subscribed: whatever is decided after that is told on them.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then it hears of none of those it did not hear of before.
    pub async fn watch(
        &self,
        connection: &Arc<Connection>,
        users: &[UserId],
        answer: impl FnOnce(Vec<Presence>),
    ) -> Result<(), StoreError> {
        let new = users.iter().filter(|user| !connection.watches(user));
        let new: Vec<&UserId> = new.collect();
        let begun = self.begin_watch(connection, users);
        if !new.is_empty() {
            self.shared.nodes.settled().await;
        }
        match self.see(connection, &begun).await {
            Ok(seen) => {
                self.show(connection, &begun, seen, answer);
                Ok(())
            }
            Err(error) => {
                for user in new {
                    self.unwatch_one(connection, user);
                }
                Err(error)
            }
        }
    }

    /// How those are whom the connection may see.
    async fn see(
        &self,
        connection: &Connection,
        begun: &[UserId],
    ) -> Result<Vec<Seen>, StoreError> {
        let visible = self.visible(connection.user(), begun).await?;
        let told = visible.iter().map(|user| {
            let topic = connection.topic(&Key::Presence(user.clone()))?;
            topic.lock().told.clone()
        });
        let told: Vec<Option<PresenceView>> = told.collect();
        let presences = self.presence_of(&visible).await?.into_iter();
        let seen = presences.zip(told);
        Ok(seen.map(|(now, told)| Seen { now, told }).collect())
    }

    /// Answers, and lets the connection hear of those whom it may see, and of the others no more.
    fn show(
        &self,
        connection: &Arc<Connection>,
        begun: &[UserId],
        mut seen: Vec<Seen>,
        answer: impl FnOnce(Vec<Presence>),
    ) {
        let visible: HashSet<&UserId> = seen.iter().map(|one| &one.now.user).collect();
        for user in begun.iter().filter(|user| !visible.contains(user)) {
            self.unwatch_one(connection, user);
        }
        // Of some it may have been decided meanwhile that they are not to be seen.
        seen.retain(|one| connection.watches(&one.now.user));
        answer(seen.iter().map(|one| one.now.clone()).collect());
        for one in seen {
            catch_up(connection, &one);
        }
        connection.outbox().flush();
    }

    /// Subscribes to the presence of users, without hearing of it yet; those to whom it is now subscribed.
    pub(super) fn begin_watch(
        &self,
        connection: &Arc<Connection>,
        users: &[UserId],
    ) -> Vec<UserId> {
        let mut watched = connection.watched_users().len();
        let mut begun = Vec::new();
        for user in users {
            if !connection.watches(user) {
                if watched >= self.shared.limits.watched_users {
                    continue;
                }
                watched += 1;
                let key = Key::Presence(user.clone());
                self.shared
                    .registry
                    .enter(&key, Rev::ZERO, |topic, state, _| {
                        let stage = Stage::Opening(Some(Vec::new()));
                        state.subscribe(topic, connection, stage, Seq::ZERO);
                    });
            }
            begun.push(user.clone());
        }
        begun
    }

    /// Ends what [`watch`](Self::watch) began.
    pub fn unwatch(&self, connection: &Arc<Connection>, users: &[UserId]) {
        for user in users {
            self.unwatch_one(connection, user);
        }
    }

    /// Whether the connection heard of the user until now.
    pub(super) fn unwatch_one(&self, connection: &Arc<Connection>, user: &UserId) -> bool {
        let key = Key::Presence(user.clone());
        let Some(topic) = connection.topic(&key) else {
            return false;
        };
        connection.remove_topic(&key);
        self.shared.registry.leave(&topic, connection.id());
        true
    }
}

/// From here on the connection hears of the user: first of what was told while the answer was on its way.
pub(super) fn catch_up(connection: &Arc<Connection>, seen: &Seen) {
    let Seen { now, told } = seen;
    let Some(topic) = connection.topic(&Key::Presence(now.user.clone())) else {
        return deliver::queue(connection, &Event::gone(&now.user));
    };
    let mut state = topic.lock();
    state.open(&topic, connection, Rev::ZERO);
    let subscriber = state.subscribers.get(&connection.id());
    if subscriber.is_some_and(|subscriber| !state.has_visited(subscriber)) {
        // It is told with the others.
        return;
    }
    if let Some(later) = state.told.clone().filter(|_| state.told != *told) {
        deliver::queue(connection, &Event::PresenceChanged(later));
    }
}
