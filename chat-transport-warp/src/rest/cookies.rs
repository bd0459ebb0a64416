//! The cookies of browsers (RFC 6265bis): tokens that no script can read.

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue, SET_COOKIE};

use crate::config::TransportConfig;

/// The cookie that tells who asks.
pub(super) fn access(config: &TransportConfig) -> &str {
    match &config.session_cookie {
        Some(name) => name,
        None if config.secure_cookies => "__Host-chat_at",
        None => "chat_at",
    }
}

/// The cookie of the refresh token.
#[cfg(feature = "accounts")]
pub(super) const fn refresh(config: &TransportConfig) -> &'static str {
    if config.secure_cookies {
        "__Host-chat_rt"
    } else {
        "chat_rt"
    }
}

/// A cookie's value.
pub(crate) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
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
pub(super) fn set(headers: &mut HeaderMap, name: &str, secure: bool, value: &str, max_age: u64) {
    let sites = if secure {
        "SameSite=Lax; Secure"
    } else {
        "SameSite=Lax"
    };
    write(headers, name, value, max_age, sites);
}

/// Sets a cookie that no script can read; none whose value would end early and go on as attributes.
pub(crate) fn write(headers: &mut HeaderMap, name: &str, value: &str, max_age: u64, sites: &str) {
    if !value.bytes().all(is_octet) {
        return;
    }
    let cookie = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; {sites}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}

/// What a value is made of (RFC 6265, section 4.1.1).
const fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}
