//! A session's beginning: subscribe, then say who is here.

use crate::chat::Error;
use crate::id::{Timestamp, UserId};
use crate::model::Membership;
use crate::protocol::{Frame, Reply};
use crate::session::Session;

impl Session {
    /// Subscribes to all conversations of the user and greets.
    pub(super) async fn start(&self) -> Result<(), Error> {
        let memberships = self.subscription.start(|epoch| {
            Some(Frame::json(&Reply::Ready {
                user_id: self.identity.user.clone(),
                connection_id: self.connection.id().get(),
                epoch,
                server_time: Timestamp::now(),
            }))
        });
        self.show_peers(&memberships.await?).await
    }

    /// The other sides of direct conversations are watched without being asked for.
    async fn show_peers(&self, memberships: &[Membership]) -> Result<(), Error> {
        let peers = memberships
            .iter()
            .filter_map(|membership| Some(membership.peer.as_ref()?.0.clone()));
        let peers: Vec<UserId> = peers.collect();
        let hub = self.chat.hub();
        let watched = hub.watch(&self.connection, &peers).await?;
        if !watched.is_empty() {
            let users = hub.presence_of(&watched).await?;
            let users = users.into_iter().map(Into::into).collect();
            self.outbox()
                .send(&Reply::PresenceState { id: None, users });
        }
        Ok(())
    }
}
