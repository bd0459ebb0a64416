//! One authenticated connection: frames in, frames out, no socket.
//!
//! A transport opens a session with a [`Sink`] to write to, hands it every text
//! frame, tells it when [`deadline`](Session::deadline) has come, and drops it when the connection
//! is gone. Replies and events go to the session's [`Outbox`]. A thousand sessions run in one test
//! with a stopped clock. A host whose front end has frames of its own drives a [`Receiver`] of its own
//! around a [`Subscription`] the same way.

mod commands;
mod listening;
mod receiver;
mod resume;
mod start;
mod subscription;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::auth::{Authenticator, Identity};
use crate::chat::Chat;
use crate::hub::{Connection, Outbox, Sink, WireFormat};
use crate::id::{ConversationId, Rev};
use crate::protocol::{Code, Malformed, Reply, Request, RequestId};

pub use listening::Listening;
pub use receiver::Receiver;
pub use subscription::Subscription;

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
    subscription: Subscription,
    /// Sends that are under way.
    sends: Arc<Semaphore>,
    /// When typing was last told.
    typing: HashMap<ConversationId, Instant>,
    /// Revs of resume commands that said more is to come.
    resume: HashMap<ConversationId, Rev>,
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
        let format = Arc::clone(&config.format);
        let subscription = Subscription::connect(chat.clone(), &identity, format, sink);
        let session = Self {
            sends: Arc::new(Semaphore::new(chat.limits().sends_in_flight)),
            connection: Arc::clone(subscription.connection()),
            subscription,
            typing: HashMap::new(),
            resume: HashMap::new(),
            chat,
            config,
            identity,
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
        self.subscription.deadline()
    }

    /// Closes the session if its credential has ended.
    pub fn expire(&self) {
        self.subscription.expire();
    }

    /// Carries out the command in a text frame's payload.
    ///
    /// Commands are carried out in the order of the calls. Sends are only handed on here, so that
    /// many are under way at once; the others are done when this returns.
    ///
    /// # Cancel safety
    /// A dropped call may have been carried out in part; drop the session with it.
    pub async fn handle(&mut self, payload: &[u8]) {
        if let Err(error) = self.subscription.count_frame() {
            if self.outbox().closed().is_some() {
                return;
            }
            let id = Request::parse(payload).ok().and_then(|request| request.id);
            return self.refuse(id, &error);
        }
        match Request::parse(payload) {
            Ok(request) => self.carry_out(request).await,
            Err(malformed) => self.object(malformed),
        }
    }

    /// Answers a frame that is no command; too many close the connection.
    fn object(&mut self, malformed: Malformed) {
        let Malformed { id, code, detail } = malformed;
        self.outbox().send(&Reply::Error {
            id,
            code,
            detail,
            retry_after_ms: None,
        });
        self.subscription.count_malformed();
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
