//! Whether the process lives, and whether it should be sent requests.

use chat_core::protocol::Code;
use http::Method;
use http::header::ALLOW;
use warp::reply::Response;

use super::App;
use super::problem::Problem;
use super::respond;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Live,
    Ready,
}

pub(super) async fn answer(app: &App, kind: Kind, method: &Method) -> Result<Response, Problem> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let wrong = Problem::new(Code::MethodNotAllowed, "the resource has no such method");
        return Err(wrong.header(ALLOW, "GET, HEAD".to_owned()));
    }
    if kind == Kind::Ready {
        if app.chat.is_draining() {
            return Err(Problem::new(Code::Draining, "the server is going away"));
        }
        app.chat.ready().await?;
    }
    respond::ok(&serde_json::json!({"status": "ok"}))
}
