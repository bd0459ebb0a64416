//! The front end's routes.

use chat_core::auth::Identity;
use chat_core::media::DataUri;
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request};
use serde_json::json;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::Messenger;

/// The cookie of a login.
pub(crate) const COOKIE: &str = "jwt";

/// The largest body without a picture.
pub(crate) const BODY: usize = 64 << 10;

impl Messenger {
    /// Everything that the messenger serves.
    #[must_use]
    pub fn routes(&self) -> BoxedFilter<(Response,)> {
        let origins = self.config.origins.clone();
        host::routes(origins, self.clone(), Self::answer, |path, why| {
            let body = match path.starts_with("api/auth/") {
                true => json!({"message": why.detail()}),
                false => json!({"error": why.detail(), "message": why.detail()}),
            };
            host::json(why.status(), &body)
        })
    }

    async fn answer(self, mut request: Request) -> Result<Response, Refused> {
        request.refuse_other_sites()?;
        let (method, path) = (request.method().clone(), request.path().to_owned());
        let path: Vec<&str> = path.split('/').collect();
        match (method.as_str(), path.as_slice()) {
            ("POST", ["api", "auth", "signup"]) => self.sign_up(request).await,
            ("POST", ["api", "auth", "login"]) => self.log_in(request).await,
            ("POST", ["api", "auth", "logout"]) => self.log_out(&request).await,
            ("GET", ["api", "auth", "check"]) => self.check(&request).await,
            ("PUT", ["api", "auth", "update-profile"]) => self.update_profile(request).await,
            ("GET", ["api", "messages", "users"]) => self.users(&request).await,
            ("GET", ["api", "messages", peer]) => self.history(&request, peer).await,
            ("POST", ["api", "messages", "send", peer]) => self.send(request, peer).await,
            ("GET", ["api", "media", id]) => self.picture(&request, id).await,
            ("GET", ["ws"] | ["api", "ws"]) => self.open_socket(&mut request).await,
            _ => Err(Refused::new(Code::NotFound, "there is nothing here")),
        }
    }

    /// Who asks.
    pub(crate) async fn identify(&self, request: &Request) -> Result<Identity, Refused> {
        request.by_cookie(&self.accounts, COOKIE).await
    }

    /// The largest body with a picture within.
    pub(crate) fn picture_body(&self) -> usize {
        DataUri::longest(self.chat.limits().image_bytes) + BODY
    }

    /// A picture, for those who may see it.
    async fn picture(&self, request: &Request, id: &str) -> Result<Response, Refused> {
        let viewer = self.identify(request).await?.user;
        request.upload(&self.chat, &viewer, id.parse()?).await
    }
}
