//! The front end's routes.

use chat_core::chat::Error;
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request};
use serde_json::{Value, json};
use warp::filters::BoxedFilter;
use warp::http::StatusCode;
use warp::http::header::CONTENT_SECURITY_POLICY;
use warp::reply::{Reply as _, Response, html, with_header};

use crate::Lobby;

const PAGE: &str = include_str!("page.html");

/// The page's own style and script are in it, and it talks to this server alone.
const POLICY: &str = "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Lobby {
    /// Everything that the lobby serves.
    #[must_use]
    pub fn routes(&self) -> BoxedFilter<(Response,)> {
        host::routes(
            self.origins.clone(),
            self.clone(),
            Self::answer,
            |_, why| host::json(why.status(), &json!({"error": why.detail()})),
        )
    }

    async fn answer(self, mut request: Request) -> Result<Response, Refused> {
        let found = match (request.method().as_str(), request.path()) {
            ("GET" | "HEAD", "") => self.status(),
            ("GET" | "HEAD", "test") => {
                let page = with_header(html(PAGE), CONTENT_SECURITY_POLICY, POLICY);
                return Ok(page.into_response());
            }
            ("GET" | "HEAD", "healthz") => json!({"status": "ok"}),
            ("GET" | "HEAD", "api/users") => self.users(),
            ("GET" | "HEAD", "api/stats") => self.stats().await?,
            ("GET", "ws") => return self.open_socket(&mut request),
            _ => return Err(Refused::new(Code::NotFound, "there is nothing here")),
        };
        Ok(host::json(StatusCode::OK, &found))
    }

    fn status(&self) -> Value {
        json!({
            "status": "running",
            "websocket": "/ws?username=YourName",
            "page": "/test",
            "users": self.guests.list().len(),
        })
    }

    fn users(&self) -> Value {
        let guests = self.guests.list();
        let names: Vec<&str> = guests.iter().map(|one| one.display_name.as_str()).collect();
        let detailed = guests.iter();
        let detailed = detailed.map(|one| json!({"id": one.id, "username": one.display_name}));
        let detailed: Vec<Value> = detailed.collect();
        json!({"users": names, "usersDetailed": detailed, "count": names.len()})
    }

    async fn stats(&self) -> Result<Value, Error> {
        let room = self.room.details().await?;
        Ok(json!({
            "connectedUsers": self.guests.list().len(),
            "totalMessages": room.conversation.last_seq,
            "uptimeSeconds": self.opened.elapsed().as_secs(),
        }))
    }

    /// Any page may open it: a guest has nothing that another site could use.
    fn open_socket(self, request: &mut Request) -> Result<Response, Refused> {
        let name = request.query("username")?.unwrap_or_default();
        let opening = request.opening()?;
        let config = self.socket.clone();
        let answer = opening.answer(config, async move |socket| {
            self.receive(socket, &name).await;
        });
        Ok(answer?)
    }
}
