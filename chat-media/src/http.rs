//! Asking other services: over TLS or not, within a bounded time, following no redirect, through no proxy.

use std::error::Error;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use chat_core::media::{MediaError, Reading};
use futures_util::{Stream, stream};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyDataStream, BodyExt as _, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::AsyncRead;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::io::StreamReader;

/// What is sent at once, in bytes.
pub(crate) const PIECE: usize = 64 << 10;

/// The longest answer that is not an object, in bytes.
const MAX_ANSWER: usize = 256 << 10;

/// A service that cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
#[error("not a usable place for media: {problem}")]
pub struct InvalidPlace {
    problem: &'static str,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl InvalidPlace {
    pub(crate) const fn new(problem: &'static str) -> Self {
        Self {
            problem,
            source: None,
        }
    }

    pub(crate) fn because(
        problem: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            problem,
            source: Some(source.into()),
        }
    }
}

/// How long a service may stand still before a call fails: 15 s unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(Duration);

impl Patience {
    /// This long.
    #[must_use]
    pub const fn new(step: Duration) -> Self {
        Self(step)
    }

    pub(crate) const fn step(self) -> Duration {
        self.0
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(15))
    }
}

/// What is sent.
pub(crate) type Sent = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// A client. Clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Sent>,
    patience: Patience,
}

impl Http {
    pub(crate) fn new(patience: Patience) -> Result<Self, InvalidPlace> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(patience.step()));
        tcp.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| InvalidPlace::because("TLS cannot be set up", error))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(tls),
            patience,
        })
    }

    /// Sends a request, as long as the service takes some of it now and then, and waits for the head of the answer.
    pub(crate) async fn send(
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

/// A body of these bytes, in pieces.
pub(crate) fn pieces(bytes: Bytes) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let starts = (0..bytes.len()).step_by(PIECE);
    let piece = move |start| Ok(bytes.slice(start..bytes.len().min(start + PIECE)));
    stream::iter(starts.map(piece))
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the service did not go on in time")
}

/// An answer's body that fails when it stands still.
#[derive(Debug)]
pub(crate) struct Patient {
    body: Incoming,
    step: Duration,
    late: Pin<Box<Sleep>>,
}

impl Patient {
    fn new(body: Incoming, step: Duration) -> Self {
        let late = Box::pin(sleep(step));
        Self { body, step, late }
    }

    /// All of it, if it is short.
    pub(crate) async fn short(self) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
        let whole = Limited::new(self, MAX_ANSWER).collect().await?;
        Ok(whole.to_bytes())
    }

    /// It as an object's bytes.
    pub(crate) fn reader(self) -> impl AsyncRead + Send + 'static {
        StreamReader::new(BodyDataStream::new(self))
    }
}

impl Body for Patient {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let until = Instant::now() + self.step;
            self.late.as_mut().reset(until);
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        ready!(self.late.as_mut().poll(context));
        Poll::Ready(Some(Err(late())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a service answered that it should not have.
pub(crate) fn odd(problem: impl Into<String>) -> MediaError {
    MediaError::unavailable(problem.into())
}

/// A reading without bytes, of an object of this size.
pub(crate) fn nothing_of(size: u64) -> Reading {
    Reading::new(size, tokio::io::empty())
}
