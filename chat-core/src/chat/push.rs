//! The browsers that take pushes.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth::Identity;
use crate::chat::{Chat, Error};
use crate::id::{Timestamp, UserId};
use crate::model::PushSubscription;
use crate::notify::PushService;
use crate::protocol::{Code, PushSubscriptionBody};
use crate::store::PushStore;

/// Bytes of a browser's public key: a point of P-256, uncompressed, which begins with a 4.
const POINT: usize = 65;

/// Bytes of the secret that a browser shares.
const SECRET: usize = 16;

/// Where subscriptions are kept, and what they are for.
#[derive(Debug)]
pub(super) struct Push {
    pub(super) store: Arc<dyn PushStore>,
    pub(super) service: PushService,
}

impl Chat {
    /// Whether subscriptions to Web Push are taken.
    #[must_use]
    pub fn takes_pushes(&self) -> bool {
        self.shared.push.is_some()
    }

    /// The public key that browsers subscribe to.
    ///
    /// # Errors
    /// [`Error::NotFound`] if no subscriptions are taken.
    pub fn push_key(&self) -> Result<&str, Error> {
        Ok(&self.push()?.service.key)
    }

    /// Has messages that reach no session of the user pushed to a browser, as long as the identity's login session goes
    /// on. Of a user's subscriptions the latest [`Limits::push_subscriptions`](crate::protocol::Limits) are kept. An
    /// endpoint that another user subscribed is this user's from now on: the browser is.
    ///
    /// # Errors
    /// [`Error`]; [`Code::InvalidEndpoint`] and [`Code::InvalidKey`] for what no browser of an allowed push service
    /// tells; [`Error::NotFound`] if no subscriptions are taken.
    pub async fn subscribe_push(
        &self,
        identity: &Identity,
        body: PushSubscriptionBody,
    ) -> Result<PushSubscription, Error> {
        let push = self.push()?;
        if push.service.hosts.origin(&body.endpoint).is_none() {
            let detail = "the endpoint is not at a push service that this server allows";
            return Err(Error::invalid(Code::InvalidEndpoint, "endpoint", detail));
        }
        let of_length = |text: &str, length| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok();
            bytes.filter(|bytes| bytes.len() == length)
        };
        if of_length(&body.p256dh, POINT).is_none_or(|point| point[0] != 4) {
            let detail = "a browser's key is 65 bytes in base64url, without padding";
            return Err(Error::invalid(Code::InvalidKey, "p256dh", detail));
        }
        if of_length(&body.auth, SECRET).is_none() {
            let detail = "a browser's secret is 16 bytes in base64url, without padding";
            return Err(Error::invalid(Code::InvalidKey, "auth", detail));
        }
        let subscription = PushSubscription {
            endpoint: body.endpoint,
            user: identity.user.clone(),
            login: identity.login,
            p256dh: body.p256dh,
            auth: body.auth,
            created_at: Timestamp::now(),
        };
        let at_most = self.shared.limits.push_subscriptions;
        push.store.subscribe(&subscription, at_most).await?;
        Ok(subscription)
    }

    /// The user's subscriptions, the latest first.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NotFound`] if none are taken.
    pub async fn push_subscriptions(&self, user: &UserId) -> Result<Vec<PushSubscription>, Error> {
        let asked = std::slice::from_ref(user);
        let mut all = self.push()?.store.subscriptions(asked).await?;
        all.sort_by(|one, two| {
            let place = |it: &PushSubscription| (it.created_at, it.endpoint.clone());
            place(two).cmp(&place(one))
        });
        Ok(all)
    }

    /// Pushes to a browser of the user no more. One that is not there is no error, for the user wants it that way.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NotFound`] if no subscriptions are taken.
    pub async fn unsubscribe_push(&self, user: &UserId, endpoint: &str) -> Result<(), Error> {
        self.push()?.store.unsubscribe(user, endpoint).await?;
        Ok(())
    }

    fn push(&self) -> Result<&Push, Error> {
        self.shared.push.as_ref().ok_or(Error::NotFound)
    }
}
