//! The shop's own routes, and chat's under `/chat`.

use chat_core::auth::EndSessions as _;
use chat_transport_warp::TransportConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use warp::filters::BoxedFilter;
use warp::http::StatusCode;
use warp::reply::{Reply, Response, with_header, with_status};
use warp::{Filter, Rejection};

use crate::Shop;
use crate::customers::CustomerId;
use crate::failure::Failure;
use crate::login::{COOKIE, Password, Registration, Session};

/// The largest body that the shop's own routes take.
const MAX_BODY: u64 = 16 << 10;

/// An order to place.
#[derive(Deserialize)]
struct NewOrder {
    item: String,
}

impl Shop {
    /// Everything that the shop serves.
    #[must_use]
    pub fn routes(&self) -> BoxedFilter<(Response,)> {
        let mut config = TransportConfig::new(self.logins.clone());
        config.session_cookie = Some(COOKIE.to_owned());
        let chat = chat_transport_warp::routes(self.chat.clone(), config);
        warp::path("chat")
            .and(chat)
            .or(self.own_routes())
            .unify()
            .boxed()
    }

    fn own_routes(&self) -> BoxedFilter<(Response,)> {
        let shop = self.clone();
        let post = warp::post().map(move || shop.clone());
        let token = warp::cookie::optional(COOKIE);
        let register = warp::path!("customers").and(post.clone()).and(body());
        let login = warp::path!("login").and(post.clone()).and(body());
        let logout = warp::path!("logout").and(post.clone()).and(token);
        let place = warp::path!("orders")
            .and(post.clone())
            .and(token)
            .and(body());
        let pay = warp::path!("orders" / i64 / "pay").and(post).and(token);

        let register = register.then(async |shop: Self, new| shop.register(new).await);
        let login = login.then(async |shop: Self, shown| shop.login(shown).await);
        let logout = logout.then(async |shop: Self, token| shop.logout(token).await);
        let place = place.then(async |shop: Self, token, new| shop.place(token, new).await);
        let pay = pay.then(async |order, shop: Self, token| shop.pay(token, order).await);
        let customers = register.or(login).or(logout);
        customers
            .or(place)
            .or(pay)
            .map(Reply::into_response)
            .boxed()
    }

    async fn register(&self, new: Registration) -> Result<Response, Failure> {
        let CustomerId(number) = self.logins.register(new).await?;
        Ok(with_status(number.to_string(), StatusCode::CREATED).into_response())
    }

    async fn login(&self, shown: Password) -> Result<Response, Failure> {
        let token = self.logins.begin(shown).await?;
        Ok(set_cookie(&token, 30 * 24 * 60 * 60))
    }

    async fn logout(&self, token: Option<String>) -> Result<Response, Failure> {
        let session = self.session(token).await?;
        self.logins.end(&session).await?;
        self.chat
            .end_sessions(&session.customer.into(), &[session.login()]);
        Ok(set_cookie("", 0))
    }

    async fn place(&self, token: Option<String>, new: NewOrder) -> Result<Response, Failure> {
        let session = self.session(token).await?;
        let order = self.orders.place(session.customer, &new.item).await?;
        Ok(with_status(order.to_string(), StatusCode::CREATED).into_response())
    }

    async fn pay(&self, token: Option<String>, order: i64) -> Result<Response, Failure> {
        let session = self.session(token).await?;
        self.orders.pay(session.customer, order).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    async fn session(&self, token: Option<String>) -> Result<Session, Failure> {
        let token = token.ok_or(Failure::Unauthorized)?;
        self.logins.find(&token).await?.ok_or(Failure::Unauthorized)
    }
}

fn body<T: DeserializeOwned + Send>() -> impl Filter<Extract = (T,), Error = Rejection> + Copy {
    warp::body::content_length_limit(MAX_BODY).and(warp::body::json())
}

/// `Lax` keeps the cookie out of other sites' posts; chat looks at the origin besides.
fn set_cookie(token: &str, seconds: u32) -> Response {
    let cookie =
        format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    with_header(StatusCode::NO_CONTENT, "set-cookie", cookie).into_response()
}
