//! Telling the host's own service.

mod body;
mod secret;

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use chat_core::id::Timestamp;
use chat_core::notify::{Notice, Notifier, NotifyError};
use chat_http::{Http, Patience};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Uri};
use uuid::Uuid;

use crate::attempts::{Attempts, Outcome, deliver};
use crate::setting::InvalidSetting;
use body::body;
use secret::Secrets;

/// Posts each notice to an address, signed as [Standard Webhooks](https://www.standardwebhooks.com) says.
///
/// The body is JSON: `type` is `message.created`, `timestamp` is when it was made, and `data` has the `message` as REST
/// shows it, how many `messages` it stands for, the `conversation` with `id`, `type` and `name`, the `sender`'s profile,
/// and the `user_ids` to tell, at most 100.
///
/// A receiver takes the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, computes the HMAC-SHA256 of
/// `id.timestamp.body` under the secret, and compares it in constant time with each `v1,` value of the signature, in
/// base64. It refuses timestamps more than five minutes away, and does nothing for an id that it has seen. It answers
/// with a status of 200 to 299 within the patience; 408, 425, 429 and 500 to 599 are tried again under the same id, as
/// is no answer at all; every other status is final.
#[derive(Clone)]
pub struct Webhook {
    address: Uri,
    secrets: Secrets,
    http: Http,
    patience: Patience,
    attempts: Attempts,
}

impl fmt::Debug for Webhook {
    /// Without the address: what stands in one may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("secrets", &self.secrets)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// Posts to `address`, `http` or `https`. `secrets` are one or more `whsec_` and 24 to 64 bytes in base64, separated
    /// by spaces: each signs, so that one can be replaced by another without a gap. Nothing is asked yet.
    ///
    /// # Errors
    /// [`InvalidSetting`] if the address or a secret does not fit.
    pub fn new(address: &str, secrets: &str, patience: Patience) -> Result<Self, InvalidSetting> {
        let wrong = InvalidSetting::new("a webhook's address is an http or https URL");
        let Ok(address) = address.parse::<Uri>() else {
            return Err(wrong);
        };
        let is_url = matches!(address.scheme_str(), Some("http" | "https"));
        let host = address.authority().map(http::uri::Authority::as_str);
        if !is_url || host.is_none_or(|host| host.contains('@')) {
            return Err(wrong);
        }
        Ok(Self {
            address,
            secrets: Secrets::parse(secrets)?,
            http: Http::new(patience)?,
            patience,
            attempts: Attempts::default(),
        })
    }

    /// Tries otherwise than [`Attempts::default`].
    #[must_use]
    pub const fn attempts(mut self, attempts: Attempts) -> Self {
        self.attempts = attempts;
        self
    }

    fn request(&self, id: &str, body: &Bytes) -> Request<Bytes> {
        let now = (Timestamp::now().as_millis() / 1_000).to_string();
        let signature = self.secrets.sign(id, &now, body);
        let mut request = Request::new(body.clone());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.address.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", &now),
            ("webhook-signature", &signature),
        ] {
            let value = HeaderValue::from_str(value).expect("ids, numbers and base64 are ASCII");
            headers.insert(name, value);
        }
        request
    }
}

#[async_trait]
impl Notifier for Webhook {
    async fn notify(&self, notice: &Notice) -> Result<(), NotifyError> {
        let id = format!("msg_{}", Uuid::now_v7().simple());
        let body = body(notice).map_err(NotifyError::refused)?;
        let request = || self.request(&id, &body);
        match deliver(&self.http, self.patience, self.attempts, request).await? {
            Outcome::Taken => Ok(()),
            Outcome::Gone => Err(NotifyError::refused("nothing is at the webhook's address")),
        }
    }
}
