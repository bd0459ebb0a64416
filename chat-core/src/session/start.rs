//! A session's beginning: subscribe, then say who is here.

use crate::chat::Error;
use crate::id::{Timestamp, UserId};
use crate::model::Membership;
use crate::protocol::Reply;
use crate::session::Session;

impl Session {
    /// Subscribes to all conversations of the user and greets.
    ///
    /// The memberships are read twice: the second reading, with what was noted in between, is
    /// complete, whatever is sent, joined or left meanwhile.
    pub(super) async fn start(&self) -> Result<(), Error> {
        let _turn = self.chat.turn().await?;
        let epoch = self.chat.epoch().await?;
        let user = &self.identity.user;
        let hub = self.chat.hub();
        let before = self.chat.memberships(user).await?;
        hub.begin_open(&self.connection, &before).await;
        hub.note_joins(&self.connection, self.chat.join_count(user).await?);
        let memberships = self.chat.memberships(user).await?;
        self.outbox().send(&Reply::Ready {
            user_id: user.clone(),
            connection_id: self.connection.id().get(),
            epoch,
            server_time: Timestamp::now(),
        });
        hub.open(&self.connection, &memberships);
        self.show_peers(&memberships).await
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
