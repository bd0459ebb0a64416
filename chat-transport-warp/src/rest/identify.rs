//! Who asks, and from where.

use chat_core::auth::{AuthError, Credential, Identity};
use chat_core::protocol::Code;
#[cfg(feature = "accounts")]
use http::header::COOKIE;
use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, Method};

use super::cookies;
use super::problem::Problem;
use super::request::Request;
use crate::config::TransportConfig;
use crate::ws::handshake::{OriginCheck, check_origin};

/// Tells who asks; for a WebSocket, a ticket or, where allowed, a token in the query counts too.
pub(super) async fn identify(
    config: &TransportConfig,
    request: &Request,
    socket: bool,
) -> Result<Identity, Problem> {
    let headers = &request.headers;
    let bearer = bearer(headers)?;
    let cookie = cookies::read(headers, cookies::access(config));
    let query = if socket {
        request.query()?
    } else {
        Default::default()
    };
    let ticket = query.get("ticket");
    let token = query.get("token").filter(|_| config.query_token);
    if let (Some(bearer), Some(cookie)) = (bearer, cookie) {
        return both(config, bearer, cookie).await;
    }
    let shown = match (bearer, ticket, token, cookie) {
        (Some(bearer), ..) => Credential::Bearer(bearer),
        (None, Some(ticket), ..) => Credential::Ticket(ticket),
        (None, None, Some(token), _) => Credential::Bearer(token),
        (None, None, None, Some(cookie)) => {
            own_site(config, &request.method, headers, socket)?;
            Credential::Cookie(cookie)
        }
        (None, None, None, None) => {
            return Err(Problem::new(
                Code::Unauthenticated,
                "a credential is needed",
            ));
        }
    };
    authenticate(config, shown).await
}

async fn authenticate(
    config: &TransportConfig,
    shown: Credential<'_>,
) -> Result<Identity, Problem> {
    Ok(config.authenticator.authenticate(shown).await?)
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Expired => Self::new(Code::TokenExpired, "the credential has expired"),
            AuthError::Unavailable(error) => {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "a credential cannot be checked"
                );
                Self::new(
                    Code::StorageUnavailable,
                    "the credential cannot be checked now",
                )
                .retry_after(std::time::Duration::from_secs(1))
            }
            _ => Self::new(Code::InvalidToken, "the credential is not valid"),
        }
    }
}

/// Two credentials must be of one user: which of two would count is anybody's guess.
async fn both(config: &TransportConfig, bearer: &str, cookie: &str) -> Result<Identity, Problem> {
    let identity = authenticate(config, Credential::Bearer(bearer)).await?;
    match config
        .authenticator
        .authenticate(Credential::Cookie(cookie))
        .await
    {
        Ok(other) if other.user != identity.user => Err(Problem::new(
            Code::AmbiguousCredentials,
            "a token and a cookie of different users",
        )),
        _ => Ok(identity),
    }
}

/// The token of the one `Authorization` header (RFC 6750, section 2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let scheme_and_token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match (scheme_and_token, values.next()) {
        (_, Some(_)) => Err(Problem::new(
            Code::BadRequest,
            "several Authorization headers",
        )),
        (Some((scheme, token)), None)
            if scheme.eq_ignore_ascii_case("bearer")
                && !token.is_empty()
                && !token.contains(' ') =>
        {
            Ok(Some(token))
        }
        _ => Err(Problem::new(Code::InvalidToken, "not a bearer token")),
    }
}

/// A cookie counts only from the server's own pages or an allowed origin, wherever it could do
/// something: other sites can send it too, but cannot hide that they do.
pub(super) fn own_site(
    config: &TransportConfig,
    method: &Method,
    headers: &HeaderMap,
    socket: bool,
) -> Result<(), Problem> {
    let origin = check_origin(headers, &config.origins)
        .map_err(|error| Problem::new(Code::BadRequest, error.to_string()))?;
    if socket {
        return match origin {
            OriginCheck::Allowed => Ok(()),
            OriginCheck::Absent | OriginCheck::Foreign => Err(Problem::new(
                Code::OriginNotAllowed,
                "the Origin is not allowed",
            )),
        };
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let site = headers
        .get("sec-fetch-site")
        .map(|site| site.to_str().unwrap_or_default());
    let is_own = match (origin, site) {
        (OriginCheck::Foreign, _) => false,
        (_, Some("same-origin" | "none")) => true,
        // The browser says that it is another site: then it must be one of the list.
        (_, Some(_)) => is_listed(config, headers),
        (origin, None) => origin == OriginCheck::Allowed,
    };
    if is_own {
        Ok(())
    } else {
        Err(Problem::new(
            Code::Csrf,
            "a cookie counts only from the site's own pages",
        ))
    }
}

fn is_listed(config: &TransportConfig, headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_some_and(|origin| {
        config
            .origins
            .iter()
            .any(|listed| listed.as_bytes() == origin.as_bytes())
    })
}

/// Whether a browser sends it, as far as it says so.
#[cfg(feature = "accounts")]
pub(super) fn is_browser(headers: &HeaderMap) -> bool {
    [ORIGIN.as_str(), "sec-fetch-site", COOKIE.as_str()]
        .iter()
        .any(|name| headers.contains_key(*name))
}
