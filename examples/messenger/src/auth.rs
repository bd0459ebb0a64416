//! Signing up, logging in and out, and one's own profile.

use std::time::Duration;

use chat_core::accounts::{LoggedIn, LoginName, ProfilePatch, Registration};
use chat_core::model::{Account, Purpose};
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use warp::http::StatusCode;
use warp::reply::Response;

use crate::Messenger;
use crate::routes::{BODY, COOKIE};

/// The fields of the front end's forms. What is missing is told by the rules of the field.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Form {
    full_name: String,
    email: String,
    password: String,
    profile_pic: String,
}

impl Messenger {
    pub(crate) async fn sign_up(&self, mut request: Request) -> Result<Response, Refused> {
        let new: Form = request.json(BODY).await?;
        let wish = Registration::without_username(new.email, new.password, new.full_name);
        let begun = self.accounts.register(wish, None).await?;
        Ok(self.logged_in(StatusCode::CREATED, &begun))
    }

    pub(crate) async fn log_in(&self, mut request: Request) -> Result<Response, Refused> {
        let shown: Form = request.json(BODY).await?;
        let name = LoginName::Email(&shown.email);
        let begun = self.accounts.login(name, &shown.password, None).await?;
        Ok(self.logged_in(StatusCode::OK, &begun))
    }

    /// Ends the login, with its sockets; there need be none.
    pub(crate) async fn log_out(&self, request: &Request) -> Result<Response, Refused> {
        if let Some(token) = request.cookie(COOKIE) {
            self.accounts.logout_by_access(token).await?;
        }
        let mut response = host::json(StatusCode::OK, &json!({"message": "logged out"}));
        let cookie = self.config.cookie;
        host::set_cookie(&mut response, COOKIE, "", Duration::ZERO, cookie);
        Ok(response)
    }

    pub(crate) async fn check(&self, request: &Request) -> Result<Response, Refused> {
        let identity = self.identify(request).await?;
        let account = self.accounts.me(&identity.user).await?;
        Ok(host::json(StatusCode::OK, &self.view(&account)))
    }

    pub(crate) async fn update_profile(&self, mut request: Request) -> Result<Response, Refused> {
        let user = self.identify(&request).await?.user;
        let profile: Form = request.json(self.picture_body()).await?;
        if profile.profile_pic.is_empty() {
            return Err(Refused::new(Code::BadRequest, "a picture is needed"));
        }
        let picture = &profile.profile_pic;
        let picture = self.chat.upload_data_uri(&user, Purpose::Avatar, picture);
        let patch = ProfilePatch {
            avatar: Some(Some(picture.await?.id)),
            ..ProfilePatch::default()
        };
        let account = self.accounts.update_profile(&user, patch).await?;
        Ok(host::json(StatusCode::OK, &self.view(&account)))
    }

    /// A user as the front end sees them, never with a password.
    pub(crate) fn view(&self, account: &Account) -> Value {
        let picture = account.avatar.map(|id| self.config.picture_url(id));
        json!({
            "_id": account.id,
            "fullName": account.display_name,
            "email": account.email,
            "profilePic": picture.unwrap_or_default(),
            "createdAt": account.created_at,
        })
    }

    fn logged_in(&self, status: StatusCode, begun: &LoggedIn) -> Response {
        let (token, life) = (&begun.access_token, self.config.accounts.access_life);
        let mut response = host::json(status, &self.view(&begun.account));
        host::set_cookie(&mut response, COOKIE, token, life, self.config.cookie);
        response
    }
}
