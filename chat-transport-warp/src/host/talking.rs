//! Front ends that say what they have to say in JSON frames.

use chat_core::protocol::{CloseCode, Frame};
use chat_core::session::{Receiver, Subscription};
use serde::de::DeserializeOwned;

use super::Refused;

/// What a front end says in JSON frames of one shape, and how it is told what went wrong.
pub trait Talk: Send {
    /// A frame of the front end.
    type Said: DeserializeOwned + Send;

    /// Carries a frame out; the next one waits.
    ///
    /// # Errors
    /// [`Refused`]: the front end is told its words, and the connection goes on.
    ///
    /// # Cancel safety
    /// A dropped call may have been carried out in part; the talk is dropped with it.
    fn say(&mut self, said: Self::Said) -> impl Future<Output = Result<(), Refused>> + Send;

    /// The frame that tells the front end, in words, what went wrong.
    fn object(&self, why: &str) -> Frame;
}

/// The [`Receiver`] of a [`Talk`]: frames within the connection's rates are read and carried out. One that is too
/// fast, of another shape or refused is objected to and the connection goes on, until there are too many; one that is
/// too large is objected to before the connection closes.
#[derive(Debug)]
pub struct Talking<T> {
    subscription: Subscription,
    talk: T,
}

impl<T: Talk> Talking<T> {
    /// Around this connection.
    pub const fn new(subscription: Subscription, talk: T) -> Self {
        Self { subscription, talk }
    }

    fn object(&self, why: &str) {
        let why = self.talk.object(why);
        self.subscription.outbox().send_frame(why);
    }
}

impl<T: Talk> Receiver for Talking<T> {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    async fn receive(&mut self, payload: &[u8]) {
        let read = self.subscription.read(payload, |why| self.talk.object(why));
        let Some(said) = read else { return };
        if let Err(why) = self.talk.say(said).await {
            self.object(why.detail());
        }
    }

    fn closing(&mut self, code: CloseCode) {
        if code == CloseCode::TooBig {
            self.object("the frame is too large");
        }
    }
}
