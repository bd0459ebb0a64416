//! Who is online here, and who hears of it.
//!
//! A user is online while a connection is there. The last one's going is announced after a while,
//! so that a reload does not flicker.

use std::error::Error;
use std::sync::Arc;

use crate::hub::topic::{Pending, Stage};
use crate::hub::{Connection, Hub};
use crate::id::{Rev, Timestamp, UserId};
use crate::presence::Topic as Key;
use crate::protocol::{Event, PresenceView};

impl Hub {
    /// Whether a user has a connection here.
    #[must_use]
    pub fn is_online(&self, user: &UserId) -> bool {
        self.shared.registry.is_online(user)
    }

    /// Lets `connection` hear of these users' presence, at most
    /// [`Limits::watched_users`](crate::protocol::Limits::watched_users) in all; returns those it
    /// now hears of.
    pub fn watch(&self, connection: &Arc<Connection>, users: &[UserId]) -> Vec<UserId> {
        let mut watched = connection.watched();
        let mut heard = Vec::new();
        for user in users {
            let key = Key::Presence(user.clone());
            if connection.topic(&key).is_none() {
                if watched >= self.shared.limits.watched_users {
                    break;
                }
                watched += 1;
                self.shared
                    .registry
                    .enter(&key, Rev::ZERO, |topic, state, _| {
                        state.subscribe(topic, connection, Stage::Open(Rev::ZERO));
                    });
            }
            heard.push(user.clone());
        }
        heard
    }

    /// Ends what [`watch`](Self::watch) began.
    pub fn unwatch(&self, connection: &Arc<Connection>, users: &[UserId]) {
        for user in users {
            let key = Key::Presence(user.clone());
            if let Some(topic) = connection.topic(&key) {
                connection.remove_topic(&key);
                self.shared.registry.leave(&topic, connection.id());
            }
        }
    }

    pub(super) fn announce_online(&self, user: &UserId) {
        self.announce(PresenceView {
            user_id: user.clone(),
            online: true,
            last_seen: None,
        });
    }

    /// Announces that a user went, unless a connection comes back in time.
    pub(super) fn expect_offline(&self, user: UserId) {
        let hub = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(hub.shared.limits.offline_after).await;
            if !hub.is_online(&user) {
                let seen = Timestamp::now();
                if let Err(error) = hub
                    .shared
                    .stores
                    .last_seen
                    .touch(&[(user.clone(), seen)])
                    .await
                {
                    tracing::warn!(%user, error = &error as &dyn Error, "cannot note when a user was last seen");
                }
                hub.announce(PresenceView {
                    user_id: user,
                    online: false,
                    last_seen: Some(seen),
                });
            }
        });
    }

    fn announce(&self, presence: PresenceView) {
        let key = Key::Presence(presence.user_id.clone());
        if let Some(topic) = self.shared.registry.topic(&key) {
            self.enqueue(
                &topic,
                [Pending::Event(Event::PresenceChanged(presence).into())],
            );
        }
    }
}
