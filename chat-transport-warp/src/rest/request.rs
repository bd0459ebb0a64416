//! A request as handlers see it, and reading its body within limits.

use std::collections::HashMap;
#[cfg(feature = "accounts")]
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use chat_core::auth::Identity;
use chat_core::protocol::Code;
use futures_util::{Stream, StreamExt as _};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method};
use hyper::upgrade::OnUpgrade;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use warp::Filter;

use super::problem::Problem;
use crate::listener::{ConnectionGuard, PeerAddr};

/// The largest JSON body.
pub(super) const MAX_JSON: usize = 64 << 10;

/// A body that stands still this long is given up.
const PROGRESS: Duration = Duration::from_secs(30);

/// A body as it comes.
pub(super) type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send + Sync>>;

/// A request.
pub(super) struct Request {
    pub(super) method: Method,
    /// What the filter's prefix left over.
    pub(super) path: String,
    pub(super) raw_query: String,
    pub(super) headers: HeaderMap,
    /// Where the request comes from, if it came by a socket of ours.
    #[cfg(feature = "accounts")]
    pub(super) peer: Option<IpAddr>,
    pub(super) upgrade: Option<OnUpgrade>,
    pub(super) guard: Option<ConnectionGuard>,
    pub(super) body: BodyStream,
    /// Filled in by the router.
    pub(super) params: Vec<String>,
    pub(super) identity: Option<Identity>,
    pub(super) json: Bytes,
    pub(super) id: String,
}

/// Takes a request apart.
pub(super) fn extract() -> impl Filter<Extract = (Request,), Error = warp::Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::path::tail()
        .and(warp::method())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<PeerAddr>())
        .and(warp::ext::optional::<OnUpgrade>())
        .and(warp::ext::optional::<ConnectionGuard>())
        .and(warp::body::stream())
        .map(
            |tail: warp::path::Tail,
             method,
             raw_query,
             headers,
             #[cfg_attr(
                not(feature = "accounts"),
                expect(unused_variables, reason = "only accounts count addresses")
            )]
             peer: Option<PeerAddr>,
             upgrade,
             guard,
             body| Request {
                method,
                path: tail.as_str().to_owned(),
                raw_query,
                headers,
                #[cfg(feature = "accounts")]
                peer: peer.map(|peer| peer.0.ip()),
                upgrade,
                guard,
                body: stream(body),
                params: Vec::new(),
                identity: None,
                json: Bytes::new(),
                id: uuid::Uuid::now_v7().to_string(),
            },
        )
}

fn stream(
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send + Sync + 'static,
) -> BodyStream {
    Box::pin(body.map(|chunk| chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))))
}

impl Request {
    /// The user who asks; the router has made sure that there is one.
    pub(super) fn identity(&self) -> Result<&Identity, Problem> {
        self.identity
            .as_ref()
            .ok_or_else(|| Problem::new(Code::Unauthenticated, "a credential is needed"))
    }

    /// The path's `place`th variable.
    pub(super) fn param<T: std::str::FromStr>(&self, place: usize) -> Result<T, Problem> {
        let text = self.params.get(place).map_or("", String::as_str);
        text.parse()
            .map_err(|_| Problem::new(Code::InvalidId, "not a valid id"))
    }

    /// The query's parameters; of one that comes twice, the last.
    pub(super) fn query(&self) -> HashMap<String, String> {
        super::query::parse(&self.raw_query)
    }

    /// The JSON body.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.json).map_err(|error| Problem::of_json(&error))
    }

    /// A header's text, if it came once.
    pub(super) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Reads a JSON body of at most [`MAX_JSON`] bytes.
    pub(super) async fn read_json(&mut self) -> Result<(), Problem> {
        self.check_length(MAX_JSON as u64)?;
        let body = self.collect(MAX_JSON).await?;
        if !body.is_empty() || self.headers.contains_key(CONTENT_TYPE) {
            self.check_json_type()?;
        }
        self.json = body;
        Ok(())
    }

    /// Refuses a body that says it is too long before any of it is read.
    pub(super) fn check_length(&self, max: u64) -> Result<(), Problem> {
        let length = self
            .header(CONTENT_LENGTH)
            .and_then(|length| length.parse::<u64>().ok());
        if length.is_some_and(|length| length > max) {
            return Err(Problem::new(Code::TooLarge, "the body is too large"));
        }
        if self
            .header(CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
        {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "bodies are not compressed here",
            ));
        }
        Ok(())
    }

    fn check_json_type(&self) -> Result<(), Problem> {
        let text = self
            .header(CONTENT_TYPE)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let mut parts = text.split(';').map(str::trim);
        let json = parts.next() == Some("application/json");
        let utf8 = |part: &str| {
            !part.starts_with("charset=")
                || part.trim_matches('"').ends_with("utf-8")
                || part == "charset=\"utf-8\""
        };
        if json && parts.all(utf8) {
            return Ok(());
        }
        Err(Problem::new(
            Code::UnsupportedMediaType,
            "the body must be application/json in UTF-8",
        ))
    }

    async fn collect(&mut self, max: usize) -> Result<Bytes, Problem> {
        let mut whole = BytesMut::new();
        loop {
            let chunk = timeout(PROGRESS, self.body.next()).await;
            match chunk.map_err(|_| Problem::new(Code::Timeout, "the body did not come in time"))? {
                None => return Ok(whole.freeze()),
                Some(Err(_)) => return Err(Problem::new(Code::BadRequest, "the body broke off")),
                Some(Ok(chunk)) if whole.len() + chunk.len() > max => {
                    return Err(Problem::new(Code::TooLarge, "the body is too large"));
                }
                Some(Ok(chunk)) => whole.extend_from_slice(&chunk),
            }
        }
    }
}
