//! Looking into the store for what nobody told: revs that topics have not reached, and memberships that
//! connections do not know of.
//!
//! It happens now and then in any case, more often while other nodes cannot be heard, and at once when
//! something may have been missed. Both questions are one number per conversation or user, asked for many
//! at once; what is found to be missing is then read.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use crate::hub::topic::{Pending, Topic};
use crate::hub::{Connection, Hub, Shared};
use crate::id::{ConversationId, Rev, UserId};
use crate::presence::Topic as Key;
use crate::store::StoreError;

/// How many conversations or users are asked for at once.
const AT_ONCE: usize = 500;

/// How many members a user is told of who joined.
const FIRST_MEMBERS: usize = 256;

/// How soon users are looked at again whose connection is still being opened.
const SOON: Duration = Duration::from_millis(50);

/// Who became a member where, as far as this node was told.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    pairs: Mutex<HashSet<(UserId, ConversationId)>>,
    noted: Notify,
}

impl Newcomers {
    /// Lets the connections of `user` in, soon, if the store says so too.
    pub(super) fn note(&self, user: UserId, conversation: ConversationId) {
        self.lock().insert((user, conversation));
        self.noted.notify_one();
    }

    fn take(&self) -> Vec<(UserId, ConversationId)> {
        self.lock().drain().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(UserId, ConversationId)>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which connections of a user certainly heard of all memberships already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admitted {
    /// All that there are.
    All,
    /// Not those that are still being opened, or behind.
    Some,
}

/// Looks until the hub is gone.
pub(super) async fn run(hub: Weak<Shared>) {
    let mut failed = false;
    loop {
        let Some(shared) = hub.upgrade() else { return };
        let (health, newcomers) = (shared.nodes.health(), Arc::clone(&shared.newcomers));
        let pause = match health.is_good() && !failed {
            true => shared.limits.check_after,
            false => shared.limits.poll_after,
        };
        drop(shared);
        let everything = tokio::select! {
            () = sleep(pause) => true,
            () = health.missed() => true,
            () = newcomers.noted.notified() => false,
        };
        let Some(shared) = hub.upgrade() else { return };
        let hub = Hub { shared };
        let looked = match everything {
            true => hub.look().await,
            false => hub.admit_all(newcomers.take()).await,
        };
        failed = looked.is_err();
        if let Err(error) = looked {
            tracing::warn!(
                error = &error as &dyn Error,
                "cannot look for what was missed"
            );
        }
    }
}

impl Hub {
    async fn look(&self) -> Result<(), StoreError> {
        metrics::counter!("chat_store_looks_total").increment(1);
        let topics = self.shared.registry.conversations();
        for some in topics.chunks(AT_ONCE) {
            self.compare(some).await?;
        }
        let users = self.shared.registry.users_here();
        for some in users.chunks(AT_ONCE) {
            self.look_for_joins(some).await?;
        }
        Ok(())
    }

    /// Has topics that are behind the store read on.
    async fn compare(&self, topics: &[Arc<Topic>]) -> Result<(), StoreError> {
        let ids: Vec<ConversationId> = topics
            .iter()
            .filter_map(|topic| topic.conversation())
            .collect();
        for (id, rev) in self.shared.ports.messages.heads(&ids).await? {
            let topic = self.shared.registry.topic(&Key::Conversation(id));
            if let Some(topic) = topic.filter(|topic| topic.last_rev() < rev) {
                self.enqueue(&topic, [Pending::Check(Some(rev))]);
            }
        }
        Ok(())
    }

    /// Lets users in where they became members and nobody said so.
    async fn look_for_joins(&self, users: &[UserId]) -> Result<(), StoreError> {
        for (user, count) in self.shared.ports.conversations.join_counts(users).await? {
            if self.shared.registry.joins(&user) != Some(count)
                && self.admit_missing(&user).await? == Admitted::All
            {
                self.shared.registry.set_joins(&user, count);
            }
        }
        Ok(())
    }

    /// Whom a failure leaves out is found at the next look.
    async fn admit_all(&self, newcomers: Vec<(UserId, ConversationId)>) -> Result<(), StoreError> {
        for (user, id) in &newcomers {
            if let Err(error) = self.admit_newcomer(user, *id).await {
                for (user, _) in &newcomers {
                    self.shared.registry.set_joins(user, 0);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn admit_newcomer(&self, user: &UserId, id: ConversationId) -> Result<(), StoreError> {
        let connections = self.shared.registry.connections(user);
        let (started, opening): (Vec<_>, Vec<_>) = connections
            .into_iter()
            .partition(|connection| connection.is_started());
        if !opening.is_empty() {
            self.look_again(user.clone(), id);
        }
        if started
            .iter()
            .any(|connection| !self.is_subscribed(connection, id))
        {
            self.let_in(user, id).await?;
        }
        Ok(())
    }

    /// Compares a user's memberships with what the user's connections hear of.
    async fn admit_missing(&self, user: &UserId) -> Result<Admitted, StoreError> {
        let connections = self.shared.registry.connections(user);
        let mut admitted = Admitted::All;
        for membership in self.shared.ports.conversations.memberships(user).await? {
            let id = membership.conversation;
            let knows = |connection: &Arc<Connection>| match connection.is_started() {
                true => self.reached(connection, id),
                false => Some(Rev::ZERO),
            };
            let known: Vec<_> = connections.iter().map(knows).collect();
            if known.contains(&None) {
                self.let_in(user, id).await?;
            }
            // Whoever is let in is so only when the topic comes to it; one that is behind may hear of an earlier
            // membership, whose end is still to come.
            if known.iter().any(|rev| *rev < Some(membership.rev)) {
                admitted = Admitted::Some;
            }
        }
        Ok(admitted)
    }

    /// How far a connection's topic is; none if it does not hear of the conversation.
    fn reached(&self, connection: &Connection, id: ConversationId) -> Option<Rev> {
        let topic = connection.topic(&Key::Conversation(id))?;
        Some(topic.last_rev())
    }

    /// A connection that is being opened may have asked too early.
    fn look_again(&self, user: UserId, id: ConversationId) {
        let newcomers = Arc::clone(&self.shared.newcomers);
        tokio::spawn(async move {
            sleep(SOON).await;
            newcomers.note(user, id);
        });
    }

    /// Tells the user of a membership as of its beginning, and then of everything since.
    async fn let_in(&self, user: &UserId, id: ConversationId) -> Result<(), StoreError> {
        let store = &self.shared.ports.conversations;
        let (Some((mut conversation, me)), Some(members)) = (
            store.find(id, user).await?,
            store.members(id, user, None, FIRST_MEMBERS).await?,
        ) else {
            return Ok(());
        };
        conversation.rev = me.rev;
        conversation.last_seq = me.visible_from;
        let members = members.into_iter().map(Into::into).collect();
        self.join_here(conversation.into(), members, vec![user.clone()]);
        Ok(())
    }
}
