//! Front ends that hear by their socket, and say what they have to say by requests.

use std::future::{Future, ready};

use crate::protocol::CloseCode;
use crate::session::{Receiver, Subscription};

/// A [`Receiver`] that passes over what its front end says. Frames count against the connection's rate all the same:
/// a front end that goes on above it is closed.
#[derive(Debug)]
pub struct Listening(Subscription);

impl Listening {
    /// Around this connection.
    #[must_use]
    pub const fn new(subscription: Subscription) -> Self {
        Self(subscription)
    }
}

impl Receiver for Listening {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.0
    }

    fn receive(&mut self, _payload: &[u8]) -> impl Future<Output = ()> + Send {
        // A frame too many is passed over like the others, and too many of them close the connection.
        let _ = self.0.count_frame();
        ready(())
    }

    fn closing(&mut self, _code: CloseCode) {}
}
