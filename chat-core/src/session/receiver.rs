//! What a transport drives.

use std::future::Future;

use crate::protocol::CloseCode;
use crate::session::{Session, Subscription};

/// Our end of a connection: a [`Session`], or a host's own for a front end with frames of its own.
///
/// A transport hands it each text frame in order, one at a time, and drops it when the connection is gone.
pub trait Receiver: Send {
    /// The connection; what its outbox holds is written.
    fn subscription(&mut self) -> &mut Subscription;

    /// Takes a text frame's payload. Frames that come meanwhile wait.
    ///
    /// # Cancel safety
    /// A dropped call may have been carried out in part; the receiver is dropped with it.
    fn receive(&mut self, payload: &[u8]) -> impl Future<Output = ()> + Send;

    /// The transport is about to close the connection with `code`, for instance because a frame was too large
    /// to be handed over: what is sent now goes out before the close, if the peer still takes it.
    fn closing(&mut self, code: CloseCode);
}

impl Receiver for Session {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    async fn receive(&mut self, payload: &[u8]) {
        self.handle(payload).await;
    }

    /// Our clients know the codes.
    fn closing(&mut self, _code: CloseCode) {}
}
