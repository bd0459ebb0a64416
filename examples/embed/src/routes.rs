//! The shop's own routes, and chat's under `/chat`.

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chat_core::auth::EndSessions as _;
use chat_transport_warp::TransportConfig;
use serde::Deserialize;
use time::Duration;

use crate::Shop;
use crate::customers::CustomerId;
use crate::failure::Failure;
use crate::login::{COOKIE, Password, Registration, Session};

/// The largest body that the shop's own routes take.
const MAX_BODY: usize = 16 << 10;

/// How long a browser keeps a session.
const KEPT: Duration = Duration::days(30);

/// An order to place.
#[derive(Deserialize)]
struct NewOrder {
    item: String,
}

impl Shop {
    /// Everything that the shop serves.
    pub fn routes(&self) -> Router {
        let mut config = TransportConfig::new(self.logins.clone());
        config.session_cookie = Some(COOKIE.to_owned());
        let chat = chat_transport_warp::service(self.chat.clone(), config);
        self.own_routes().nest_service("/chat", chat)
    }

    fn own_routes(&self) -> Router {
        Router::new()
            .route("/customers", post(register))
            .route("/login", post(login))
            .route("/logout", post(logout))
            .route("/orders", post(place))
            .route("/orders/{order}/pay", post(pay))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self.clone())
    }

    async fn session(&self, jar: &CookieJar) -> Result<Session, Failure> {
        let token = jar.get(COOKIE).ok_or(Failure::Unauthorized)?;
        let found = self.logins.find(token.value()).await?;
        found.ok_or(Failure::Unauthorized)
    }
}

async fn register(
    State(shop): State<Shop>,
    Json(new): Json<Registration>,
) -> Result<impl IntoResponse, Failure> {
    let CustomerId(number) = shop.logins.register(new).await?;
    Ok((StatusCode::CREATED, number.to_string()))
}

async fn login(
    State(shop): State<Shop>,
    jar: CookieJar,
    Json(shown): Json<Password>,
) -> Result<impl IntoResponse, Failure> {
    let token = shop.logins.begin(shown).await?;
    Ok((StatusCode::NO_CONTENT, jar.add(cookie(token, KEPT))))
}

async fn logout(State(shop): State<Shop>, jar: CookieJar) -> Result<impl IntoResponse, Failure> {
    let session = shop.session(&jar).await?;
    shop.logins.end(&session).await?;
    shop.chat
        .end_sessions(&session.customer.into(), &[session.login()]);
    let gone = cookie(String::new(), Duration::ZERO);
    Ok((StatusCode::NO_CONTENT, jar.add(gone)))
}

async fn place(
    State(shop): State<Shop>,
    jar: CookieJar,
    Json(new): Json<NewOrder>,
) -> Result<impl IntoResponse, Failure> {
    let session = shop.session(&jar).await?;
    let order = shop.orders.place(session.customer, &new.item).await?;
    Ok((StatusCode::CREATED, order.to_string()))
}

async fn pay(
    State(shop): State<Shop>,
    Path(order): Path<i64>,
    jar: CookieJar,
) -> Result<StatusCode, Failure> {
    let session = shop.session(&jar).await?;
    shop.orders.pay(session.customer, order).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `Lax` keeps the cookie out of other sites' posts; chat looks at the origin besides.
fn cookie(token: String, kept: Duration) -> Cookie<'static> {
    Cookie::build((COOKIE, token))
        .path("/")
        .max_age(kept)
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .build()
}
