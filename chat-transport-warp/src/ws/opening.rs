//! An opening handshake, from the request to the socket.

use std::future::Future;
use std::sync::Arc;

use http::StatusCode;
use http::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use hyper::upgrade::OnUpgrade;
use warp::reply::{Reply as _, Response};

use super::handshake::{HandshakeError, OriginCheck};
use super::socket::{Socket, SocketConfig};
use super::upgrade;
use crate::listener::ConnectionGuard;

/// A valid opening handshake that was not answered yet.
#[derive(Debug)]
pub struct Opening {
    accept: String,
    origin: OriginCheck,
    /// None where whoever serves cannot give the connection away.
    upgrade: Option<OnUpgrade>,
    guard: Option<ConnectionGuard>,
}

impl Opening {
    pub(crate) const fn new(
        accept: String,
        origin: OriginCheck,
        upgrade: Option<OnUpgrade>,
        guard: Option<ConnectionGuard>,
    ) -> Self {
        Self {
            accept,
            origin,
            upgrade,
            guard,
        }
    }

    /// Where a browser says it comes from.
    #[must_use]
    pub const fn origin(&self) -> OriginCheck {
        self.origin
    }

    /// Switches protocols, and gives `serve` the socket in a task of its own. The connection counts against the
    /// listener's caps as long as there is the socket, or what runs of it.
    ///
    /// # Errors
    /// [`HandshakeError::Header`] if the connection cannot be taken over.
    pub fn answer<Fut>(
        self,
        config: impl Into<Arc<SocketConfig>>,
        serve: impl FnOnce(Socket) -> Fut + Send + 'static,
    ) -> Result<Response, HandshakeError>
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        let Self {
            accept,
            upgrade,
            guard,
            ..
        } = self;
        let upgrade = upgrade.ok_or(HandshakeError::Header("not a WebSocket upgrade"))?;
        let config = config.into();
        tokio::spawn(async move {
            // A client that is gone before it was answered is nobody's loss.
            if let Ok(upgraded) = upgrade::accept(upgrade).await {
                Box::pin(serve(Socket::new(upgraded, config, guard))).await;
            }
        });
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        if let Ok(accept) = HeaderValue::from_str(&accept) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        Ok(response)
    }
}
