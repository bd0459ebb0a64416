//! The cookies of browsers (RFC 6265bis): tokens that no script can read.

use http::HeaderMap;
use http::header::COOKIE;
#[cfg(feature = "accounts")]
use http::header::{HeaderValue, SET_COOKIE};

/// Which token a cookie holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    #[cfg(feature = "accounts")]
    Refresh,
}

impl Kind {
    pub(super) const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Access, true) => "__Host-chat_at",
            (Self::Access, false) => "chat_at",
            #[cfg(feature = "accounts")]
            (Self::Refresh, true) => "__Host-chat_rt",
            #[cfg(feature = "accounts")]
            (Self::Refresh, false) => "chat_rt",
        }
    }
}

/// A cookie's value.
pub(super) fn read(headers: &HeaderMap, kind: Kind, secure: bool) -> Option<&str> {
    let name = kind.name(secure);
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok());
    let mut pairs = cookies
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}

/// Sets a cookie for so many seconds; an empty one with 0 takes it away.
#[cfg(feature = "accounts")]
pub(super) fn set(headers: &mut HeaderMap, kind: Kind, secure: bool, value: &str, max_age: u64) {
    let flag = if secure { "; Secure" } else { "" };
    let cookie = format!(
        "{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{flag}",
        kind.name(secure)
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}
