//! Telling browsers.

mod browser;
mod encrypt;
mod payload;
mod vapid;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use chat_core::id::{LoginId, Timestamp};
use chat_core::model::{ConversationKind, PushSubscription};
use chat_core::notify::{Notice, Notifier, NotifyError, PushHosts, PushService};
use chat_core::store::{LoginStore, PushStore, StoreError};
use chat_http::{Http, Patience};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, InvalidHeaderValue};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::attempts::{Attempts, Outcome, deliver};
use crate::setting::InvalidSetting;
use browser::Browser;
use payload::payload;
use vapid::Vapid;

pub use vapid::PushKey;

/// How many pushes of one notice are under way at once.
const AT_ONCE: usize = 16;

/// How long one push may take, with all its attempts: those of others wait for it.
const WITHIN: Duration = Duration::from_secs(10);

/// How long a push service keeps a push for a browser that is away: a day.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Pushes notices to the browsers that users subscribed: encrypted for each (RFC 8291), over the push service of its
/// maker (RFC 8030), which knows by a signature who pushes (RFC 8292).
///
/// A push of a conversation replaces an earlier one that the service still has. A subscription that the service does not
/// know any more, or that has no usable key, is taken away. Only endpoints at allowed hosts are asked. Clones share
/// the connections.
#[derive(Debug, Clone)]
pub struct WebPush {
    store: Arc<dyn PushStore>,
    logins: Option<Arc<dyn LoginStore>>,
    vapid: Vapid,
    hosts: PushHosts,
    http: Http,
    patience: Patience,
    attempts: Attempts,
}

impl WebPush {
    /// Pushes to the subscriptions of `store` under `key`. `contact` is a `mailto:` or `https:` address at which the push
    /// services reach whoever runs the chat. Nothing is asked of them yet.
    ///
    /// # Errors
    /// [`InvalidSetting`] if the contact does not fit.
    pub fn new(
        store: impl PushStore,
        key: PushKey,
        contact: &str,
        hosts: PushHosts,
        patience: Patience,
    ) -> Result<Self, InvalidSetting> {
        Ok(Self {
            store: Arc::new(store),
            logins: None,
            vapid: Vapid::new(key, contact)?,
            hosts,
            http: Http::new(patience)?,
            patience,
            attempts: Attempts::default(),
        })
    }

    /// Pushes to no browser whose login session has ended. Without, a subscription is good until it is taken away.
    #[must_use]
    pub fn logins(mut self, logins: impl LoginStore) -> Self {
        self.logins = Some(Arc::new(logins));
        self
    }

    /// Tries otherwise than [`Attempts::default`].
    #[must_use]
    pub const fn attempts(mut self, attempts: Attempts) -> Self {
        self.attempts = attempts;
        self
    }

    /// What the chat has to know to take subscriptions.
    #[must_use]
    pub fn service(&self) -> PushService {
        PushService {
            key: self.vapid.public().to_owned(),
            hosts: self.hosts.clone(),
        }
    }

    /// The subscriptions of the users to tell whose login session, if there was one, goes on.
    async fn subscriptions(&self, notice: &Notice) -> Result<Vec<PushSubscription>, StoreError> {
        let mut all = self.store.subscriptions(&notice.users).await?;
        if let Some(logins) = &self.logins {
            let asked: Vec<LoginId> = all.iter().filter_map(|one| one.login).collect();
            let live = logins.live(&asked, Timestamp::now()).await?;
            let live: HashSet<LoginId> = live.into_iter().collect();
            all.retain(|one| one.login.is_none_or(|login| live.contains(&login)));
        }
        Ok(all)
    }

    /// Pushes to one browser, and takes a subscription away that can never be pushed to: what the service does not
    /// know, is at no allowed host, or has no key.
    async fn push(self, notice: Arc<Notice>, to: PushSubscription) -> Result<(), NotifyError> {
        let pushed = timeout(WITHIN, self.try_push(&notice, &to)).await;
        match pushed.map_err(NotifyError::unavailable)?? {
            Outcome::Taken => Ok(()),
            Outcome::Gone => {
                let gone = std::slice::from_ref(&to.endpoint);
                let forgotten = self.store.forget(gone).await;
                forgotten.map_err(NotifyError::unavailable)
            }
        }
    }

    async fn try_push(
        &self,
        notice: &Notice,
        to: &PushSubscription,
    ) -> Result<Outcome, NotifyError> {
        let origin = self.hosts.origin(&to.endpoint);
        let browser = Browser::parse(&to.p256dh, &to.auth);
        match (origin, browser, to.endpoint.parse()) {
            (Some(origin), Some(browser), Ok(endpoint)) => {
                let plain = payload(notice, &to.user);
                self.send(notice, endpoint, origin, browser.encrypt(&plain))
                    .await
            }
            _ => Ok(Outcome::Gone),
        }
    }

    async fn send(
        &self,
        notice: &Notice,
        endpoint: Uri,
        origin: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Outcome, NotifyError> {
        let body = body.ok_or_else(|| NotifyError::refused("a push cannot be encrypted"))?;
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint;
        *request.headers_mut() = self.headers(notice, origin).map_err(NotifyError::refused)?;
        let request = || request.clone();
        deliver(&self.http, self.patience, self.attempts, request).await
    }

    fn headers(&self, notice: &Notice, origin: &str) -> Result<HeaderMap, InvalidHeaderValue> {
        let topic = URL_SAFE_NO_PAD.encode(notice.conversation.id.as_uuid().as_bytes());
        let urgency = match notice.conversation.kind {
            ConversationKind::Direct => "high",
            ConversationKind::Group => "normal",
        };
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (AUTHORIZATION, self.vapid.authorization(origin).as_str()),
            (CONTENT_ENCODING, "aes128gcm"),
            (CONTENT_TYPE, "application/octet-stream"),
            (HeaderName::from_static("ttl"), &LIFE.as_secs().to_string()),
            (HeaderName::from_static("topic"), &topic),
            (HeaderName::from_static("urgency"), urgency),
        ] {
            headers.insert(name, HeaderValue::from_str(value)?);
        }
        Ok(headers)
    }
}

#[async_trait]
impl Notifier for WebPush {
    async fn notify(&self, notice: &Notice) -> Result<(), NotifyError> {
        let found = self.subscriptions(notice).await;
        let mut waiting = found.map_err(NotifyError::unavailable)?.into_iter();
        let notice = Arc::new(notice.clone());
        let (mut pushes, mut failed) = (JoinSet::new(), None);
        for to in waiting.by_ref().take(AT_ONCE) {
            pushes.spawn(self.clone().push(Arc::clone(&notice), to));
        }
        while let Some(pushed) = pushes.join_next().await {
            if let Err(error) = pushed.unwrap_or_else(|panic| Err(NotifyError::unavailable(panic)))
            {
                failed = Some(error);
            }
            if let Some(to) = waiting.next() {
                pushes.spawn(self.clone().push(Arc::clone(&notice), to));
            }
        }
        failed.map_or(Ok(()), Err)
    }
}
