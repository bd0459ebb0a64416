//! The front end's routes.

use chat_core::accounts::{LoginName, Registration};
use chat_core::id::UserId;
use chat_core::model::Account;
use chat_core::protocol::Code;
use chat_transport_warp::host::{self, Refused, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use warp::filters::BoxedFilter;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::{Roster, USERS};

/// The largest body.
const BODY: usize = 16 << 10;

#[derive(Deserialize)]
struct NewUser {
    username: String,
    email: String,
    password: String,
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

impl Roster {
    /// Everything that the roster serves.
    #[must_use]
    pub fn routes(&self) -> BoxedFilter<(Response,)> {
        host::routes(
            self.config.origins.clone(),
            self.clone(),
            Self::answer,
            |_, why| {
                let words = why.status().canonical_reason().unwrap_or("Error");
                let body = json!({"error": words, "message": why.detail()});
                host::json(why.status(), &body)
            },
        )
    }

    async fn answer(self, mut request: Request) -> Result<Response, Refused> {
        let path = request.path().to_owned();
        let path: Vec<&str> = path.split('/').collect();
        let (status, body) = match (request.method().as_str(), path.as_slice()) {
            ("POST", ["api", "users"]) => (
                StatusCode::CREATED,
                self.register(request.json(BODY).await?).await?,
            ),
            ("POST", ["api", "login"]) => {
                (StatusCode::OK, self.login(request.json(BODY).await?).await?)
            }
            ("GET", ["api", "users"]) => {
                let asker = request.by_token(&self.accounts, None).await?;
                (StatusCode::OK, self.list(&asker.user).await?)
            }
            ("GET", ["api", "users", id]) => {
                request.by_token(&self.accounts, None).await?;
                (StatusCode::OK, self.find(id).await?)
            }
            ("GET", ["ws", id]) => return self.open_socket(&mut request, id).await,
            _ => return Err(Refused::new(Code::NotFound, "there is nothing here")),
        };
        Ok(host::json(status, &body))
    }

    async fn register(&self, new: NewUser) -> Result<Value, Refused> {
        let wish = Registration {
            username: new.username,
            email: new.email,
            password: new.password,
            phone: None,
            display_name: None,
        };
        let account = self.accounts.create(wish).await?;
        if let Err(error) = self.everyone.admit(&account.id).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a new user is admitted when it connects");
        }
        Ok(self.view(&account))
    }

    async fn login(&self, shown: Login) -> Result<Value, Refused> {
        let name = LoginName::Email(&shown.email);
        let begun = self.accounts.login(name, &shown.password, None).await?;
        Ok(json!({
            "token": begun.access_token,
            "id": begun.account.id,
            "username": begun.account.display_name,
        }))
    }

    async fn list(&self, asker: &UserId) -> Result<Value, Refused> {
        let users = self.chat.all_users(asker, USERS as usize).await?;
        let users = users.into_iter().map(|profile| profile.id);
        let accounts = self.accounts.of(users).await?;
        Ok(accounts.iter().map(|account| self.view(account)).collect())
    }

    async fn find(&self, id: &str) -> Result<Value, Refused> {
        let account = self.accounts.me(&UserId::new(id)?).await?;
        Ok(self.view(&account))
    }

    fn view(&self, account: &Account) -> Value {
        let online = self.chat.hub().is_online(&account.id);
        json!({
            "id": account.id,
            "username": account.display_name,
            "email": account.email,
            "status": if online { "online" } else { "offline" },
        })
    }

    /// A token is shown by the page that holds it, and no browser adds it by itself: any page may open the socket.
    async fn open_socket(self, request: &mut Request, id: &str) -> Result<Response, Refused> {
        let identity = request.by_token(&self.accounts, Some("token")).await?;
        if identity.user.as_str() != id {
            return Err(Refused::new(Code::Forbidden, "the token is another user's"));
        }
        let account = self.accounts.me(&identity.user).await?;
        let opening = request.opening()?;
        let config = self.config.socket.clone();
        Ok(opening.answer(config, |socket| self.connect(socket, identity, account))?)
    }
}
