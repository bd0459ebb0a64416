//! A request as handlers see it, and reading its body within limits.

use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use chat_core::auth::Identity;
use chat_core::protocol::Code;
use futures_util::{Stream, StreamExt as _};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, Version};
use hyper::upgrade::OnUpgrade;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use warp::Filter;

use super::problem::Problem;
use super::query::{self, Query};
use crate::listener::{ConnectionGuard, PeerAddr};
use crate::ws::Opening;
use crate::ws::handshake::{self, HandshakeError};

/// The largest JSON body.
pub(crate) const MAX_JSON: usize = 64 << 10;

/// A JSON body must be whole within.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// A body as it comes.
pub(crate) type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send + Sync>>;

/// A request.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// What the filter's prefix left over.
    pub(crate) path: String,
    pub(crate) raw_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) upgrade: Option<OnUpgrade>,
    pub(crate) guard: Option<ConnectionGuard>,
    pub(crate) body: BodyStream,
    /// Filled in by the router.
    pub(crate) params: Vec<String>,
    pub(crate) identity: Option<Identity>,
    pub(crate) json: Bytes,
    pub(crate) id: String,
}

/// Takes a request apart.
pub(crate) fn extract() -> impl Filter<Extract = (Request,), Error = warp::Rejection> + Clone {
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
             peer: Option<PeerAddr>,
             upgrade,
             guard,
             body| Request {
                method,
                path: tail.as_str().to_owned(),
                raw_query,
                headers,
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
        let id = self.text(place).parse();
        id.map_err(|_| Problem::new(Code::InvalidId, "not a valid id"))
    }

    /// The path's `place`th variable as text.
    pub(super) fn text(&self, place: usize) -> &str {
        self.params.get(place).map_or("", String::as_str)
    }

    /// The query's parameters.
    pub(crate) fn query(&self) -> Result<Query, Problem> {
        query::parse(&self.raw_query)
    }

    /// The JSON body.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.json).map_err(|error| Problem::of_json(&error))
    }

    /// A header's text; of several, the first.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The request as an opening handshake; whether the origin is one of `origins` is the caller's to look at.
    pub(crate) fn opening(&mut self, origins: &[String]) -> Result<Opening, HandshakeError> {
        let accept = handshake::check(&self.method, Version::HTTP_11, &self.headers)?;
        let origin = handshake::check_origin(&self.headers, origins)?;
        let (upgrade, guard) = (self.upgrade.take(), self.guard.take());
        Ok(Opening::new(accept, origin, upgrade, guard))
    }

    /// Reads a JSON body of at most `max` bytes.
    pub(crate) async fn read_json(&mut self, max: usize) -> Result<(), Problem> {
        self.check_length(max as u64)?;
        let late = |_| Problem::new(Code::Timeout, "the body did not come in time");
        let body = timeout(BODY_WITHIN, self.collect(max));
        let body = body.await.map_err(late)??;
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
        let text = self.header(CONTENT_TYPE).unwrap_or_default();
        let text = text.to_ascii_lowercase();
        let mut parts = text.split(';').map(str::trim);
        let json = parts.next() == Some("application/json");
        let utf8 = |part: &str| match part.split_once('=') {
            Some(("charset", charset)) => charset.trim_matches('"') == "utf-8",
            _ => true,
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
        while let Some(chunk) = self.body.next().await {
            let chunk = chunk.map_err(|_| Problem::new(Code::BadRequest, "the body broke off"))?;
            if whole.len() + chunk.len() > max {
                return Err(Problem::new(Code::TooLarge, "the body is too large"));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}
