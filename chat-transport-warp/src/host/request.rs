//! A request as a host sees it.

use std::fmt;
use std::sync::Arc;

use chat_core::auth::{Authenticator, Credential, Identity};
use chat_core::chat::{Chat, Variant};
use chat_core::id::{UploadId, UserId};
use chat_core::protocol::Code;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use warp::reply::Response;

use super::Refused;
use crate::rest::respond::RESOURCE_POLICY;
use crate::rest::{cookies, request as ours, uploads};
use crate::ws::Opening;
use crate::ws::handshake::{OriginCheck, check_origin};

/// A request to a host's own routes. Its body is read only when it is asked for.
pub struct Request {
    inner: ours::Request,
    /// Where the host's front ends are.
    origins: Arc<[String]>,
    /// Turns to read a large body.
    large: Arc<Semaphore>,
    /// The turn of this one's, which may be in memory as long as the request is.
    turn: Option<OwnedSemaphorePermit>,
}

impl Request {
    pub(super) const fn new(
        inner: ours::Request,
        origins: Arc<[String]>,
        large: Arc<Semaphore>,
    ) -> Self {
        Self {
            inner,
            origins,
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

    /// Who asks, by the token in the cookie `name`. Browsers send it along from any page: what it allows is to be kept
    /// from other sites, by [`refuse_other_sites`](Self::refuse_other_sites) and [`own_opening`](Self::own_opening).
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] without the cookie, or what `login` says of the token.
    pub async fn by_cookie(
        &self,
        login: &impl Authenticator,
        name: &str,
    ) -> Result<Identity, Refused> {
        let missing = || Refused::new(Code::Unauthenticated, "please log in");
        let token = self.cookie(name).ok_or_else(missing)?;
        Ok(login.authenticate(Credential::Cookie(token)).await?)
    }

    /// Who asks, by the [`token`](Self::token) of the `Authorization` header, or without one by the parameter `query`
    /// of the query: for sockets, since a browser's cannot set headers.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] without a token, or what `login` says of it; as [`query`](Self::query).
    pub async fn by_token(
        &self,
        login: &impl Authenticator,
        query: Option<&str>,
    ) -> Result<Identity, Refused> {
        let in_query = match query {
            Some(name) => self.query(name)?,
            None => None,
        };
        let missing = || Refused::new(Code::Unauthenticated, "a token is needed");
        let token = self.token().or(in_query.as_deref()).ok_or_else(missing)?;
        Ok(login.authenticate(Credential::Bearer(token)).await?)
    }

    /// A parameter of the query.
    ///
    /// # Errors
    /// [`Refused`] if the query is malformed, or a parameter comes twice.
    pub fn query(&self, name: &str) -> Result<Option<String>, Refused> {
        Ok(self.inner.query()?.remove(name))
    }

    /// Whether a browser says that it comes from the server's own pages or from one of the origins that the routes
    /// are for.
    ///
    /// # Errors
    /// [`Refused`] if there are several Origins.
    pub fn origin(&self) -> Result<OriginCheck, Refused> {
        Ok(check_origin(&self.inner.headers, &self.origins)?)
    }

    /// Refuses what would change something and comes from another site's page: browsers send cookies along with it.
    /// Reading is let pass, since such a page cannot see the answer.
    ///
    /// # Errors
    /// [`Code::Csrf`]; or there are several Origins.
    pub fn refuse_other_sites(&self) -> Result<(), Refused> {
        let reads = matches!(*self.method(), Method::GET | Method::HEAD);
        if !reads && self.origin()? == OriginCheck::Foreign {
            return Err(Refused::new(Code::Csrf, "not from this page"));
        }
        Ok(())
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

    /// Answers with an upload, or the part of it that is asked for, or sends to where it is served. Where the routes are
    /// for front ends on other origins, their pages may show it.
    ///
    /// # Errors
    /// [`Refused`] if `viewer` may not read it, or there is none.
    pub async fn upload(
        &self,
        chat: &Chat,
        viewer: &UserId,
        id: UploadId,
    ) -> Result<Response, Refused> {
        let given = uploads::give(chat, &self.inner, viewer, id, Variant::Original).await;
        let mut response = given?;
        if !self.origins.is_empty() {
            let anywhere = HeaderValue::from_static("cross-origin");
            response.headers_mut().insert(RESOURCE_POLICY, anywhere);
        }
        Ok(response)
    }

    /// The request as the opening of a WebSocket, from any page: for sockets that nothing opens which a browser adds
    /// by itself.
    ///
    /// # Errors
    /// [`Refused`] if it opens none.
    pub fn opening(&mut self) -> Result<Opening, Refused> {
        Ok(self.inner.opening(&self.origins)?)
    }

    /// The request as the opening of a WebSocket, from the server's own pages and the origins that the routes are
    /// for alone: for sockets that a cookie opens, which a browser sends along from any page.
    ///
    /// # Errors
    /// [`Refused`] if it opens none; [`Code::OriginNotAllowed`].
    pub fn own_opening(&mut self) -> Result<Opening, Refused> {
        let opening = self.opening()?;
        if opening.origin() != OriginCheck::Allowed {
            let detail = "the Origin is not allowed";
            return Err(Refused::new(Code::OriginNotAllowed, detail));
        }
        Ok(opening)
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
