//! A request as a host sees it.

use std::fmt;
use std::sync::Arc;

use chat_core::chat::{Chat, Variant};
use chat_core::id::{UploadId, UserId};
use chat_core::protocol::Code;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use warp::reply::Response;

use super::Refused;
use crate::rest::{cookies, request as ours, uploads};
use crate::ws::Opening;
use crate::ws::handshake::{OriginCheck, check_origin};

/// A request to a host's own routes. Its body is read only when it is asked for.
pub struct Request {
    inner: ours::Request,
    /// Turns to read a large body.
    large: Arc<Semaphore>,
    /// The turn of this one's, which may be in memory as long as the request is.
    turn: Option<OwnedSemaphorePermit>,
}

impl Request {
    pub(super) const fn new(inner: ours::Request, large: Arc<Semaphore>) -> Self {
        Self {
            inner,
            large,
            turn: None,
        }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.inner.method
    }

    /// What of the path lies behind the prefix that the routes are mounted under, without the first `/`, as it was
    /// sent.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.inner.path
    }

    /// All headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    /// A cookie's value.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookies::read(&self.inner.headers, name)
    }

    /// The token of the `Authorization` header, behind `Bearer` or alone.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let value = self.inner.header(AUTHORIZATION)?.trim();
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            Some(_) => return None,
            None => value,
        };
        (!token.is_empty()).then_some(token)
    }

    /// A parameter of the query.
    ///
    /// # Errors
    /// [`Refused`] if the query is malformed, or a parameter comes twice.
    pub fn query(&self, name: &str) -> Result<Option<String>, Refused> {
        Ok(self.inner.query()?.remove(name))
    }

    /// Whether a browser says that it comes from the server's own pages or one of `origins`.
    ///
    /// # Errors
    /// [`Refused`] if there are several Origins.
    pub fn origin(&self, origins: &[String]) -> Result<OriginCheck, Refused> {
        Ok(check_origin(&self.inner.headers, origins)?)
    }

    /// Reads the JSON body, of at most `max` bytes, within 30 s. Where that is more than 64 KiB, the request is one of
    /// 16 of the routes until it is dropped.
    ///
    /// # Errors
    /// [`Refused`] if it is too large, late, of another type or not what was asked for, or [`Code::Busy`].
    pub async fn json<T: DeserializeOwned>(&mut self, max: usize) -> Result<T, Refused> {
        if max > ours::MAX_JSON && self.turn.is_none() {
            let turn = Arc::clone(&self.large).try_acquire_owned();
            let busy = |_| Refused::new(Code::Busy, "too many large requests at once");
            self.turn = Some(turn.map_err(busy)?);
        }
        self.inner.read_json(max).await?;
        Ok(self.inner.json()?)
    }

    /// Answers with an upload, or the part of it that is asked for, or sends to where it is served.
    ///
    /// # Errors
    /// [`Refused`] if `viewer` may not read it, or there is none.
    pub async fn upload(
        &self,
        chat: &Chat,
        viewer: &UserId,
        id: UploadId,
    ) -> Result<Response, Refused> {
        Ok(uploads::give(chat, &self.inner, viewer, id, Variant::Original).await?)
    }

    /// The request as the opening of a WebSocket; its Origin is compared with `origins`, and the caller decides
    /// what it means.
    ///
    /// # Errors
    /// [`Refused`] if it opens none.
    pub fn opening(&mut self, origins: &[String]) -> Result<Opening, Refused> {
        Ok(self.inner.opening(origins)?)
    }
}

impl fmt::Debug for Request {
    /// Without the query and the headers: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", self.method())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
