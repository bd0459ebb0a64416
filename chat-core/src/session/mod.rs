//! One authenticated connection: frames in, frames out, no socket.
//!
//! A transport opens a session with a [`Sink`] to write to, hands it every text
//! frame, tells it when [`deadline`](Session::deadline) has come, and drops it when the connection
//! is gone. Replies and events go to the session's [`Outbox`]. A thousand sessions run in one test
//! with a stopped clock.

mod commands;
mod resume;
mod start;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::auth::{Authenticator, Identity};
use crate::chat::{Bucket, Chat};
use crate::hub::{Connection, Outbox, Sink, WireFormat};
use crate::id::{ConversationId, Rev, Timestamp};
use crate::protocol::{CloseCode, Code, Malformed, Reply, Request, RequestId};

/// What a session needs beside the chat.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// Checks the credentials of an `authenticate` command.
    pub authenticator: Arc<dyn Authenticator>,
    /// How events are written; share one per kind of front end.
    pub format: Arc<dyn WireFormat>,
}

/// One authenticated connection.
#[derive(Debug)]
pub struct Session {
    chat: Chat,
    config: SessionConfig,
    identity: Identity,
    connection: Arc<Connection>,
    /// Sends that are under way.
    sends: Arc<Semaphore>,
    /// Frames of any kind.
    frames: Bucket,
    /// Frames that are no commands.
    malformed: Bucket,
    /// Frames refused for their rate.
    refused: Bucket,
    /// When typing was last told.
    typing: HashMap<ConversationId, Instant>,
    /// Revs of resume commands that said more is to come.
    resume: HashMap<ConversationId, Rev>,
    expires_at: Option<Instant>,
}

impl Session {
    /// Opens a session: from here on it hears of everything that concerns its user.
    ///
    /// # Errors
    /// [`Error`](crate::chat::Error) if the store fails; then nothing is left behind.
    pub async fn open(
        chat: Chat,
        config: SessionConfig,
        identity: Identity,
        sink: Arc<dyn Sink>,
    ) -> Result<Self, crate::chat::Error> {
        let (user, login) = (identity.user.clone(), identity.login);
        let connection = chat
            .hub()
            .connect(user, login, Arc::clone(&config.format), sink);
        let limits = chat.limits();
        let session = Self {
            sends: Arc::new(Semaphore::new(limits.sends_in_flight)),
            frames: Bucket::full(limits.frame_burst),
            malformed: Bucket::full(limits.malformed_per_minute),
            refused: Bucket::full(limits.frame_burst),
            typing: HashMap::new(),
            resume: HashMap::new(),
            expires_at: identity.expires_at.map(instant),
            chat,
            config,
            identity,
            connection,
        };
        session.start().await?;
        Ok(session)
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

    /// Closes the session if its credential has ended.
    pub fn expire(&self) {
        if self.expires_at.is_some_and(|end| end <= Instant::now()) {
            self.outbox().close(CloseCode::Expired);
        }
    }

    /// Carries out the command in a text frame's payload.
    ///
    /// Commands are carried out in the order of the calls. Sends are only handed on here, so that
    /// many are under way at once; the others are done when this returns.
    ///
    /// # Cancel safety
    /// A dropped call may have been carried out in part; drop the session with it.
    pub async fn handle(&mut self, payload: &[u8]) {
        let limits = self.chat.limits();
        if let Err(error) = self
            .frames
            .take(limits.frame_burst, limits.frame_refill_per_second)
        {
            if self.refused.take(limits.frame_burst, 1.0).is_err() {
                return self.outbox().close(CloseCode::RateLimited);
            }
            let id = Request::parse(payload).ok().and_then(|request| request.id);
            return self.refuse(id, &error);
        }
        match Request::parse(payload) {
            Ok(request) => self.carry_out(request).await,
            Err(malformed) => self.object(malformed),
        }
    }

    /// Counts a frame of the transport's own, for instance a ping, against the connection's rate.
    pub fn control_frame(&mut self) {
        let limits = self.chat.limits();
        let passes = self
            .frames
            .take(limits.frame_burst, limits.frame_refill_per_second)
            .is_ok();
        if !passes && self.refused.take(limits.frame_burst, 1.0).is_err() {
            self.outbox().close(CloseCode::RateLimited);
        }
    }

    /// Answers a frame that is no command; too many close the connection.
    fn object(&mut self, malformed: Malformed) {
        let per_minute = self.chat.limits().malformed_per_minute;
        let Malformed { id, code, detail } = malformed;
        self.outbox().send(&Reply::Error {
            id,
            code,
            detail,
            retry_after_ms: None,
        });
        if self
            .malformed
            .take(per_minute, f64::from(per_minute) / 60.0)
            .is_err()
        {
            self.outbox().close(CloseCode::Policy);
        }
    }

    fn refuse(&self, id: Option<RequestId>, error: &crate::chat::Error) {
        self.outbox().send(&error_reply(id, error));
    }

    fn refuse_with(&self, id: Option<RequestId>, code: Code, detail: &str) {
        let detail = detail.to_owned();
        self.outbox().send(&Reply::Error {
            id,
            code,
            detail,
            retry_after_ms: None,
        });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.chat.hub().disconnect(&self.connection);
    }
}

fn error_reply(id: Option<RequestId>, error: &crate::chat::Error) -> Reply {
    let retry_after = error
        .retry_after()
        .map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
    Reply::Error {
        id,
        code: error.code(),
        detail: error.detail(),
        retry_after_ms: retry_after,
    }
}

/// A moment of the wall clock as one of the steady clock, which no jump moves.
fn instant(moment: Timestamp) -> Instant {
    Instant::now() + moment.since(Timestamp::now())
}
