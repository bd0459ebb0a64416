//! Opening a WebSocket.

use std::sync::Arc;

use chat_core::protocol::Code;
use chat_core::session::SessionConfig;
use http::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{StatusCode, Version};
use warp::reply::{Reply as _, Response};

use super::App;
use super::problem::Problem;
use super::request::Request;
use crate::ws::handshake::{self, HandshakeError, OriginCheck};
use crate::ws::{drive, upgrade};

pub(super) async fn open(app: Arc<App>, mut request: Request) -> Result<Response, Problem> {
    let accept =
        handshake::check(&request.method, Version::HTTP_11, &request.headers).map_err(refused)?;
    let origin = handshake::check_origin(&request.headers, &app.config.origins).map_err(refused)?;
    if origin == OriginCheck::Foreign {
        return Err(Problem::new(
            Code::OriginNotAllowed,
            "the Origin is not allowed",
        ));
    }
    if app.chat.is_draining() {
        return Err(Problem::new(Code::Draining, "the server is going away"));
    }
    let identity = request.identity()?.clone();
    let on_upgrade = request
        .upgrade
        .take()
        .ok_or_else(|| refused(HandshakeError::Header("not a WebSocket upgrade")))?;
    let guard = request.guard.take();
    tokio::spawn(async move {
        let _counted = guard;
        let session = SessionConfig {
            authenticator: Arc::clone(&app.config.authenticator),
            format: Arc::clone(&app.config.format),
        };
        let socket = app.config.socket.clone();
        let chat = app.chat.clone();
        drop(app);
        let Ok((stream, early)) = upgrade::accept(on_upgrade).await else {
            return;
        };
        if let Err(error) = Box::pin(drive(chat, session, identity, stream, early, socket)).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a session could not be opened"
            );
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

fn refused(error: HandshakeError) -> Problem {
    let code = match error {
        HandshakeError::Method => Code::MethodNotAllowed,
        HandshakeError::Version => Code::UpgradeRequired,
        HandshakeError::Header(_) => Code::BadRequest,
    };
    Problem::new(code, error.to_string())
}
