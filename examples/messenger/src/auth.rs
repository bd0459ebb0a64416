//! Signing up, logging in and out, and one's own profile.

use chat_core::accounts::{LoggedIn, LoginName, ProfilePatch, Registration};
use chat_core::model::{Account, Purpose};
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use warp::http::header::SET_COOKIE;
use warp::http::{HeaderValue, StatusCode};
use warp::reply::Response;

use crate::Messenger;
use crate::routes::{BODY, COOKIE};

/// What is missing is told by the rules of the field.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NewUser {
    full_name: String,
    email: String,
    password: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    email: String,
    password: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Profile {
    profile_pic: String,
}

impl Messenger {
    pub(crate) async fn sign_up(&self, mut request: Request) -> Result<Response, Refused> {
        let new: NewUser = request.json(BODY).await?;
        let wish = Registration {
            // The front end knows no user names, and the accounts are to have one each.
            username: Uuid::new_v4().simple().to_string(),
            email: new.email,
            password: new.password,
            phone: None,
            display_name: Some(new.full_name),
        };
        let begun = self.accounts.register(wish, None).await?;
        Ok(self.logged_in(StatusCode::CREATED, &begun))
    }

    pub(crate) async fn log_in(&self, mut request: Request) -> Result<Response, Refused> {
        let shown: Login = request.json(BODY).await?;
        let name = LoginName::Email(&shown.email);
        let begun = self.accounts.login(name, &shown.password, None).await?;
        Ok(self.logged_in(StatusCode::OK, &begun))
    }

    /// Ends the login, with its sockets; there need be none.
    pub(crate) async fn log_out(&self, request: &Request) -> Result<Response, Refused> {
        match self.identify(request).await {
            Ok(identity) => self.accounts.logout(&identity).await?,
            Err(why) if why.status() == StatusCode::UNAUTHORIZED => {}
            Err(why) => return Err(why),
        }
        let mut response = host::json(StatusCode::OK, &json!({"message": "logged out"}));
        self.set_cookie(&mut response, "", 0);
        Ok(response)
    }

    pub(crate) async fn check(&self, request: &Request) -> Result<Response, Refused> {
        let identity = self.identify(request).await?;
        let account = self.accounts.me(&identity.user).await?;
        Ok(host::json(StatusCode::OK, &self.view(&account)))
    }

    pub(crate) async fn update_profile(&self, mut request: Request) -> Result<Response, Refused> {
        let user = self.identify(&request).await?.user;
        let profile: Profile = request.json(self.picture_body()).await?;
        if profile.profile_pic.is_empty() {
            return Err(Refused::new(Code::BadRequest, "a picture is needed"));
        }
        let picture = self.keep(&user, Purpose::Avatar, &profile.profile_pic);
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
        let mut response = host::json(status, &self.view(&begun.account));
        self.set_cookie(&mut response, &begun.access_token, begun.access_expires_in);
        response
    }

    /// `Lax` keeps the cookie out of other sites' posts; the Origin is looked at besides, which alone does it where
    /// the front end is on another site.
    fn set_cookie(&self, response: &mut Response, token: &str, seconds: u64) {
        let site = match self.config.secure {
            true => "SameSite=None; Secure",
            false => "SameSite=Lax",
        };
        let cookie = format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; {site}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
    }
}
