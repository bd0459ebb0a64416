//! Whose presence a connection hears of, and may.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::hub::topic::Stage;
use crate::hub::{Connection, Hub};
use crate::id::{Rev, Seq, Timestamp, UserId};
use crate::model::{Audience, Presence};
use crate::presence::Topic as Key;
use crate::store::StoreError;

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
    /// all; returns how those are of whom it now hears.
    ///
    /// The store is asked once the topics are subscribed: whatever is decided after that is told on them.
    ///
    /// # Errors
    /// [`StoreError`] if the backend fails; then it hears of none of those it did not hear of before.
    pub async fn watch(
        &self,
        connection: &Arc<Connection>,
        users: &[UserId],
    ) -> Result<Vec<Presence>, StoreError> {
        let new: Vec<&UserId> = users
            .iter()
            .filter(|user| !connection.watches(user))
            .collect();
        let begun = self.begin_watch(connection, users);
        if !new.is_empty() {
            self.shared.nodes.settled().await;
        }
        let shown = self.show(connection, &begun).await;
        if shown.is_err() {
            for user in new {
                self.unwatch_one(connection, user);
            }
        }
        shown
    }

    /// Lets the connection hear of those whom it may see, and of the others no more.
    async fn show(
        &self,
        connection: &Arc<Connection>,
        begun: &[UserId],
    ) -> Result<Vec<Presence>, StoreError> {
        let visible = self.visible(connection.user(), begun).await?;
        let shown: HashSet<&UserId> = visible.iter().collect();
        for user in begun {
            if !shown.contains(user) {
                self.unwatch_one(connection, user);
            } else if let Some(topic) = connection.topic(&Key::Presence(user.clone())) {
                topic.lock().open(&topic, connection, Rev::ZERO);
            }
        }
        self.presence_of(&visible).await
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
                    break;
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
