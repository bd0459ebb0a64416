//! A session's beginning: subscribe, then say who is here.

use crate::chat::Error;
use crate::id::{Timestamp, UserId};
use crate::model::{Membership, Presence};
use crate::protocol::{Frame, Reply};
use crate::session::Session;
use crate::store::StoreError;

impl Session {
    /// Subscribes to all conversations of the user and greets. Whose presence cannot be looked up now is shown
    /// later: messages do not wait for it.
    pub(super) async fn start(&self) -> Result<(), Error> {
        let memberships = self.subscription.start(|epoch| {
            Some(Frame::json(&Reply::Ready {
                user_id: self.identity.user.clone(),
                connection_id: self.connection.id().get(),
                epoch,
                server_time: Timestamp::now(),
            }))
        });
        if let Err(error) = self.show_peers(&memberships.await?).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "presence is shown later"
            );
            self.chat.hub().show_later(&self.identity.user);
        }
        Ok(())
    }

    /// The other sides of direct conversations are watched without being asked for.
    async fn show_peers(&self, memberships: &[Membership]) -> Result<(), StoreError> {
        let peers = memberships
            .iter()
            .filter_map(|membership| Some(membership.peer.as_ref()?.0.clone()));
        let peers: Vec<UserId> = peers.collect();
        let answer = |shown: Vec<Presence>| {
            if !shown.is_empty() {
                let users = shown.into_iter().map(Into::into).collect();
                self.outbox()
                    .send(&Reply::PresenceState { id: None, users });
            }
        };
        self.chat
            .hub()
            .watch(&self.connection, &peers, answer)
            .await
    }
}
