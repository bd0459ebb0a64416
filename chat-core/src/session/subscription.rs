//! A connection that hears of everything that concerns its user: what our own sessions and front ends with
//! frames of their own have in common.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::auth::Identity;
use crate::chat::{Bucket, Chat, Error};
use crate::hub::{Connection, Outbox, Sink, WireFormat};
use crate::id::{Epoch, Timestamp};
use crate::model::Membership;
use crate::protocol::{CloseCode, Frame};

/// A user's connection, subscribed to all conversations of the user.
///
/// A front end with frames of its own is a [`WireFormat`] for what it hears and a
/// [`Receiver`](super::Receiver) for what it says, around one of these. Dropping it disconnects.
#[derive(Debug)]
pub struct Subscription {
    chat: Chat,
    connection: Arc<Connection>,
    expires_at: Option<Instant>,
    /// Frames of any kind.
    frames: Bucket,
    /// Frames that cannot be understood.
    malformed: Bucket,
    /// Frames refused for their rate.
    refused: Bucket,
}

impl Subscription {
    /// Opens a connection: after `greeting`, which goes out ahead of everything, it hears in `format` of all that
    /// concerns the user.
    ///
    /// # Errors
    /// [`Error`] if the store fails; then nothing is left behind.
    pub async fn open(
        chat: Chat,
        identity: &Identity,
        format: Arc<dyn WireFormat>,
        sink: Arc<dyn Sink>,
        greeting: Option<Frame>,
    ) -> Result<Self, Error> {
        let subscription = Self::connect(chat, identity, format, sink);
        subscription.start(|_| greeting).await?;
        Ok(subscription)
    }

    /// A connection that hears of its user's own events; [`start`](Self::start) follows.
    pub(super) fn connect(
        chat: Chat,
        identity: &Identity,
        format: Arc<dyn WireFormat>,
        sink: Arc<dyn Sink>,
    ) -> Self {
        let user = identity.user.clone();
        let connection = chat.hub().connect(user, identity.login, format, sink);
        let limits = chat.limits();
        Self {
            frames: Bucket::full(limits.frame_burst),
            malformed: Bucket::full(limits.malformed_per_minute),
            refused: Bucket::full(limits.frame_burst),
            expires_at: identity.expires_at.map(instant),
            connection,
            chat,
        }
    }

    /// Subscribes to all conversations of the user; `greet` is told the store's epoch and says what goes out
    /// first.
    ///
    /// The memberships are read twice: the second reading, with what was noted in between, is
    /// complete, whatever is sent, joined or left meanwhile.
    pub(super) async fn start(
        &self,
        greet: impl FnOnce(Epoch) -> Option<Frame> + Send,
    ) -> Result<Vec<Membership>, Error> {
        let _turn = self.chat.turn().await?;
        let epoch = self.chat.epoch().await?;
        let user = self.connection.user();
        let hub = self.chat.hub();
        let before = self.chat.memberships(user).await?;
        hub.begin_open(&self.connection, &before).await;
        hub.note_joins(&self.connection, self.chat.join_count(user).await?);
        let memberships = self.chat.memberships(user).await?;
        if let Some(greeting) = greet(epoch) {
            self.outbox().send_frame(greeting);
        }
        hub.open(&self.connection, &memberships);
        Ok(memberships)
    }

    /// What waits to be written.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        self.connection.outbox()
    }

    /// The connection as the hub knows it.
    #[must_use]
    pub const fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// When the credential ends; then the transport calls [`expire`](Self::expire).
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.expires_at
    }

    /// A fresh credential of the same user ends at `moment`; none if never.
    pub(super) fn renew(&mut self, moment: Option<Timestamp>) {
        self.expires_at = moment.map(instant);
    }

    /// Closes the connection if its credential has ended.
    pub fn expire(&self) {
        if self.expires_at.is_some_and(|end| end <= Instant::now()) {
            self.outbox().close(CloseCode::Expired);
        }
    }

    /// Counts a frame of the client's, or of the transport's own as a ping is, against the connection's rate.
    ///
    /// # Errors
    /// [`Error::RateLimited`]: the frame is not to be carried out. A connection that goes on regardless is closed.
    pub fn count_frame(&mut self) -> Result<(), Error> {
        let limits = self.chat.limits();
        let counted = self
            .frames
            .take(limits.frame_burst, limits.frame_refill_per_second);
        if counted.is_err() && self.refused.take(limits.frame_burst, 1.0).is_err() {
            self.outbox().close(CloseCode::RateLimited);
        }
        counted
    }

    /// Reads a JSON frame of the client's, within the connection's rates. None for one that comes too fast or is of
    /// another shape: that is answered with what `object` makes of the reason.
    pub fn read<T: DeserializeOwned>(
        &mut self,
        payload: &[u8],
        object: impl FnOnce(&str) -> Frame,
    ) -> Option<T> {
        if let Err(error) = self.count_frame() {
            self.outbox().send_frame(object(&error.detail()));
            return None;
        }
        let read = serde_json::from_slice(payload).ok();
        if read.is_none() {
            let why = object("the frame is not JSON of the expected shape");
            self.outbox().send_frame(why);
            self.count_malformed();
        }
        read
    }

    /// Counts a frame that could not be understood, once that was said; too many close the connection.
    pub fn count_malformed(&mut self) {
        let per_minute = self.chat.limits().malformed_per_minute;
        let counted = self
            .malformed
            .take(per_minute, f64::from(per_minute) / 60.0);
        if counted.is_err() {
            self.outbox().close(CloseCode::Policy);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.chat.hub().disconnect(&self.connection);
    }
}

/// A moment of the wall clock as one of the steady clock, which no jump moves.
fn instant(moment: Timestamp) -> Instant {
    Instant::now() + moment.since(Timestamp::now())
}
