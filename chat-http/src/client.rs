//! Sending requests.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::body::{Patient, late};

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up")]
pub struct TlsError(#[from] rustls::Error);

/// How long a service may stand still before a call fails: 15 s unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(Duration);

impl Patience {
    /// This long.
    #[must_use]
    pub const fn new(step: Duration) -> Self {
        Self(step)
    }

    /// How long.
    #[must_use]
    pub const fn step(self) -> Duration {
        self.0
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(15))
    }
}

/// What is sent.
pub type Sent = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// A client. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client<HttpsConnector<HttpConnector>, Sent>,
    patience: Patience,
}

impl Http {
    /// A client without connections.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(patience: Patience) -> Result<Self, TlsError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(patience.step()));
        tcp.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(tls),
            patience,
        })
    }

    /// Sends a request, as long as the service takes some of it now and then, and waits for the head of the answer.
    ///
    /// # Errors
    /// Whatever the service, the network or the request's body failed with; an [`std::io::Error`] of the kind `TimedOut`
    /// if the service stood still.
    pub async fn send(
        &self,
        request: Request<Sent>,
    ) -> Result<Response<Patient>, Box<dyn Error + Send + Sync>> {
        let taken = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&taken);
        let count = move |frame| {
            counter.fetch_add(1, Ordering::Relaxed);
            frame
        };
        let request = request.map(|body| body.map_frame(count).boxed_unsync());
        let mut answer = pin!(self.client.request(request));
        let mut before = 0;
        let step = self.patience.step();
        loop {
            if let Ok(answer) = timeout(step, &mut answer).await {
                return Ok(answer?.map(|body| Patient::new(body, step)));
            }
            let now = taken.load(Ordering::Relaxed);
            if now == before {
                return Err(late().into());
            }
            before = now;
        }
    }
}
