//! The front end's routes.

use chat_core::auth::{Authenticator as _, Credential, Identity};
use chat_core::id::UserId;
use chat_core::media::{DataUri, InvalidDataUri};
use chat_core::model::{Purpose, Upload};
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request};
use chat_transport_warp::ws::handshake::OriginCheck;
use serde_json::json;
use warp::filters::BoxedFilter;
use warp::http::{HeaderValue, Method};
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
        self.refuse_other_sites(&request)?;
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

    /// The cookie goes along with what other sites have a browser send: that changes nothing.
    fn refuse_other_sites(&self, request: &Request) -> Result<(), Refused> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if !reads && request.origin(&self.config.origins)? == OriginCheck::Foreign {
            return Err(Refused::new(Code::Csrf, "not from this page"));
        }
        Ok(())
    }

    /// Who asks.
    pub(crate) async fn identify(&self, request: &Request) -> Result<Identity, Refused> {
        let token = request.cookie(COOKIE);
        let token = token.ok_or_else(|| Refused::new(Code::Unauthenticated, "please log in"))?;
        Ok(self
            .accounts
            .authenticate(Credential::Cookie(token))
            .await?)
    }

    /// The largest body with a picture, in base64.
    pub(crate) fn picture_body(&self) -> usize {
        usize::try_from(self.chat.limits().image_bytes / 3 * 4).unwrap_or(usize::MAX) + BODY
    }

    /// Keeps a picture that came as a data URI.
    pub(crate) async fn keep(
        &self,
        owner: &UserId,
        purpose: Purpose,
        uri: &str,
    ) -> Result<Upload, Refused> {
        let most = usize::try_from(self.chat.limits().image_bytes).unwrap_or(usize::MAX);
        let uri = DataUri::parse(uri, most).map_err(|error| {
            let code = match error {
                InvalidDataUri::TooLarge => Code::TooLarge,
                _ => Code::UnsupportedMedia,
            };
            Refused::new(code, error.to_string())
        })?;
        let bytes = uri.bytes().clone();
        Ok(self.chat.upload(owner, purpose, bytes).await?)
    }

    /// A picture, for those who may see it.
    async fn picture(&self, request: &Request, id: &str) -> Result<Response, Refused> {
        let viewer = self.identify(request).await?.user;
        let id = id.parse();
        let id = id.map_err(|_| Refused::new(Code::InvalidId, "not a picture's id"))?;
        let mut response = request.upload(&self.chat, &viewer, id).await?;
        // The front end shows it from its own origin.
        let anywhere = HeaderValue::from_static("cross-origin");
        let headers = response.headers_mut();
        headers.insert("cross-origin-resource-policy", anywhere);
        Ok(response)
    }
}
