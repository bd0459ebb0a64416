//! Opening a WebSocket.

use std::sync::Arc;

use chat_core::protocol::Code;
use chat_core::session::{Session, SessionConfig};
use warp::reply::Response;

use super::App;
use super::problem::Problem;
use super::request::Request;
use crate::ws::handshake::{HandshakeError, OriginCheck};

pub(super) async fn open(app: Arc<App>, mut request: Request) -> Result<Response, Problem> {
    let opening = request.opening(&app.config.origins)?;
    if opening.origin() == OriginCheck::Foreign {
        return Err(Problem::new(
            Code::OriginNotAllowed,
            "the Origin is not allowed",
        ));
    }
    if app.chat.is_draining() {
        return Err(Problem::new(Code::Draining, "the server is going away"));
    }
    let identity = request.identity()?.clone();
    let session = SessionConfig {
        authenticator: Arc::clone(&app.config.authenticator),
        format: Arc::clone(&app.config.format),
    };
    let chat = app.chat.clone();
    let config = Arc::clone(&app.sockets);
    let answer = opening.answer(config, async move |socket| {
        let opened = Session::open(chat, session, identity, socket.sink());
        if let Some(running) = socket.open(opened, |_| None).await {
            tokio::spawn(running);
        }
    });
    Ok(answer?)
}

impl From<HandshakeError> for Problem {
    fn from(error: HandshakeError) -> Self {
        let code = match error {
            HandshakeError::Method => Code::MethodNotAllowed,
            HandshakeError::Version => Code::UpgradeRequired,
            HandshakeError::Header(_) => Code::BadRequest,
        };
        Self::new(code, error.to_string())
    }
}
