//! Accounts: registering, logging in and out, sessions, tickets.

use std::sync::Arc;

use chat_core::accounts::{Accounts, LoggedIn, LoginName, Registration};
use chat_core::auth::Identity;
use chat_core::id::{LoginId, Timestamp};
use chat_core::model::Login;
use chat_core::protocol::Code;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, USER_AGENT};
use serde::{Deserialize, Serialize};
use warp::reply::Response;

use super::cookies;
use super::identify::{bearer, identify, is_browser, own_site};
use super::problem::Problem;
use super::request::Request;
use super::users::Me;
use super::{App, respond};

/// An account to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterBody {
    username: String,
    email: String,
    password: String,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    /// True to get the tokens as cookies.
    #[serde(default)]
    cookies: bool,
}

/// Who logs in: by user name or by address.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginBody {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    username: Option<String>,
    password: String,
    /// True to get the tokens as cookies.
    #[serde(default)]
    cookies: bool,
}

/// A refresh token; absent where a cookie holds it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshBody {
    #[serde(default)]
    refresh_token: Option<String>,
}

/// A new password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    current_password: String,
    new_password: String,
}

/// A session. The tokens are absent where they travel as cookies.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SessionView {
    user: Me,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// Seconds.
    refresh_expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// One of one's sessions.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct LoginView {
    id: LoginId,
    created_at: Timestamp,
    refreshed_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

/// One's sessions, the latest used first.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SessionList {
    items: Vec<LoginView>,
}

/// A ticket.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TicketView {
    ticket: String,
    /// Seconds.
    expires_in: u64,
}

/// The accounts; hosts without have none of these routes.
pub(super) fn accounts(app: &App) -> Result<&Accounts, Problem> {
    app.config
        .accounts
        .as_ref()
        .ok_or_else(|| Problem::new(Code::NotFound, "there is nothing here"))
}

pub(super) async fn register(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let accounts = accounts(&app)?;
    let body: RegisterBody = request.json()?;
    let way = Way::of(&app, &request, body.cookies)?;
    let wish = Registration {
        username: body.username,
        email: body.email,
        password: body.password,
        phone: body.phone,
        display_name: body.display_name,
    };
    let session = accounts.register(wish, request.header(USER_AGENT)).await?;
    answer(&app, StatusCode::CREATED, session, way)
}

pub(super) async fn login(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let accounts = accounts(&app)?;
    let body: LoginBody = request.json()?;
    let way = Way::of(&app, &request, body.cookies)?;
    let name = match (&body.email, &body.username) {
        (Some(email), None) => LoginName::Email(email),
        (None, Some(username)) => LoginName::Username(username),
        _ => {
            return Err(
                Problem::new(Code::InvalidType, "either an email or a username").at("email"),
            );
        }
    };
    let session = accounts
        .login(name, &body.password, request.header(USER_AGENT))
        .await?;
    answer(&app, StatusCode::OK, session, way)
}

pub(super) async fn refresh(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (token, way) = refresh_token(&app, &request)?;
    let missing = || Problem::new(Code::Unauthenticated, "a refresh token is needed");
    let session = accounts(&app)?.refresh(&token.ok_or_else(missing)?).await?;
    answer(&app, StatusCode::OK, session, way)
}

/// Ends the session that the request shows, by whatever; without one there is nothing to end.
pub(super) async fn logout(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let accounts = accounts(&app)?;
    // The answer takes cookies away: another site must not get a browser to ask for it.
    if is_browser(&request.headers) && bearer(&request.headers)?.is_none() {
        own_site(&app.config, &request.method, &request.headers, false)?;
    }
    let (token, _) = refresh_token(&app, &request)?;
    if let Some(token) = token {
        accounts.logout_by_refresh(&token).await?;
    }
    if let Ok(identity) = identify(&app.config, &request, false).await {
        accounts.logout(&identity).await?;
    }
    let mut response = respond::no_content();
    let config = &app.config;
    for name in [cookies::access(config), cookies::refresh(config)] {
        let headers = response.headers_mut();
        cookies::set(headers, name, config.secure_cookies, "", 0);
    }
    let clear = HeaderName::from_static("clear-site-data");
    response
        .headers_mut()
        .insert(clear, HeaderValue::from_static("\"cookies\", \"storage\""));
    Ok(response)
}

pub(super) async fn password(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let body: PasswordBody = request.json()?;
    let by_cookie = cookies::read(&request.headers, cookies::access(&app.config)).is_some();
    let way = if by_cookie { Way::Cookies } else { Way::Body };
    let identity = request.identity()?;
    let changed =
        accounts(&app)?.change_password(identity, &body.current_password, &body.new_password);
    answer(&app, StatusCode::OK, changed.await?, way)
}

pub(super) async fn sessions(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let identity = request.identity()?;
    let logins = accounts(&app)?.logins(identity).await?;
    let items = logins
        .into_iter()
        .map(|login| view(login, identity))
        .collect();
    respond::ok(&SessionList { items })
}

fn view(login: Login, identity: &Identity) -> LoginView {
    LoginView {
        current: identity.login == Some(login.id),
        id: login.id,
        created_at: login.created_at,
        refreshed_at: login.refreshed_at,
        expires_at: login.expires_at,
        device: login.device,
    }
}

pub(super) async fn end_session(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let ended = accounts(&app)?
        .end_login(request.identity()?, request.param(0)?)
        .await?;
    if ended {
        Ok(respond::no_content())
    } else {
        Err(Problem::new(Code::NotFound, "no such session"))
    }
}

pub(super) async fn ticket(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let ticket = accounts(&app)?.issue_ticket(request.identity()?)?;
    respond::json(
        StatusCode::CREATED,
        &TicketView {
            ticket: ticket.value,
            expires_in: ticket.expires_in,
        },
    )
}

/// How tokens travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Body,
    Cookies,
}

impl Way {
    /// Cookies are set only for the site's own pages.
    fn of(app: &App, request: &Request, cookies: bool) -> Result<Self, Problem> {
        if !cookies {
            return Ok(Self::Body);
        }
        own_site(&app.config, &request.method, &request.headers, false)?;
        Ok(Self::Cookies)
    }
}

/// The refresh token of the body, or else of the cookie.
fn refresh_token(app: &App, request: &Request) -> Result<(Option<String>, Way), Problem> {
    if !request.json.is_empty() {
        let body: RefreshBody = request.json()?;
        if body.refresh_token.is_some() {
            return Ok((body.refresh_token, Way::Body));
        }
    }
    match cookies::read(&request.headers, cookies::refresh(&app.config)) {
        Some(token) => {
            own_site(&app.config, &request.method, &request.headers, false)?;
            Ok((Some(token.to_owned()), Way::Cookies))
        }
        None => Ok((None, Way::Body)),
    }
}

fn answer(app: &App, status: StatusCode, session: LoggedIn, way: Way) -> Result<Response, Problem> {
    let (access, refresh) = (session.access_token, session.refresh_token);
    let in_body = way == Way::Body;
    let view = SessionView {
        user: session.account.into(),
        token_type: "Bearer",
        expires_in: session.access_expires_in,
        refresh_expires_in: session.refresh_expires_in,
        token: in_body.then(|| access.clone()),
        refresh_token: in_body.then(|| refresh.clone()),
    };
    let mut response = respond::json(status, &view)?;
    if way == Way::Cookies {
        let config = &app.config;
        for (name, token, seconds) in [
            (cookies::access(config), access, session.access_expires_in),
            (
                cookies::refresh(config),
                refresh,
                session.refresh_expires_in,
            ),
        ] {
            let headers = response.headers_mut();
            cookies::set(headers, name, config.secure_cookies, &token, seconds);
        }
    }
    Ok(response)
}
