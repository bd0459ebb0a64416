//! The opening handshake (RFC 6455, section 4.2): who may upgrade.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{Method, Version};
use sha1::{Digest, Sha1};

/// What every key is hashed with (section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a request is no opening handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// Another method than GET.
    #[error("a WebSocket is opened with GET")]
    Method,
    /// Another WebSocket version than 13: the answer names it.
    #[error("only WebSocket version 13 is spoken here")]
    Version,
    /// A header that is missing, doubled or malformed.
    #[error("{0}")]
    Header(&'static str),
}

/// Checks an opening handshake; returns the value of `Sec-WebSocket-Accept`.
///
/// Extensions and subprotocols that a client offers are passed over: none is spoken.
///
/// # Errors
/// [`HandshakeError`].
pub fn check(
    method: &Method,
    version: Version,
    headers: &HeaderMap,
) -> Result<String, HandshakeError> {
    if method != Method::GET {
        return Err(HandshakeError::Method);
    }
    if version != Version::HTTP_11 {
        return Err(HandshakeError::Header("a WebSocket needs HTTP/1.1"));
    }
    if !has_token(headers, &UPGRADE, "websocket") || !has_token(headers, &CONNECTION, "upgrade") {
        return Err(HandshakeError::Header("not a WebSocket upgrade"));
    }
    if one(headers, &SEC_WEBSOCKET_VERSION)? != Some("13") {
        return Err(HandshakeError::Version);
    }
    let key =
        one(headers, &SEC_WEBSOCKET_KEY)?.ok_or(HandshakeError::Header("no Sec-WebSocket-Key"))?;
    match STANDARD.decode(key) {
        Ok(bytes) if bytes.len() == 16 => Ok(accept(key)),
        _ => Err(HandshakeError::Header(
            "a Sec-WebSocket-Key that is not 16 bytes in Base64",
        )),
    }
}

/// The value of a header that may come once.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, HandshakeError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(text.trim())),
            Err(_) => Err(HandshakeError::Header("a header that is not text")),
        },
        (Some(_), Some(_)) => Err(HandshakeError::Header(
            "a header that may come once came twice",
        )),
    }
}

/// Whether a header's list has `token`, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    STANDARD.encode(hash.finalize())
}

/// Where a browser says a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginCheck {
    /// No browser: there is no Origin.
    Absent,
    /// The server's own pages, or an origin on the list.
    Allowed,
    /// Another site.
    Foreign,
}

/// Compares a request's Origin (RFC 6454) with the Host it was sent to and with a list.
///
/// # Errors
/// [`HandshakeError::Header`] if there are several.
pub fn check_origin(
    headers: &HeaderMap,
    allowed: &[String],
) -> Result<OriginCheck, HandshakeError> {
    let Some(origin) = one(headers, &ORIGIN)? else {
        return Ok(OriginCheck::Absent);
    };
    let host = one(headers, &HOST)?;
    let own = origin.split_once("://").map(|(_, authority)| authority);
    let same = own.is_some() && own == host;
    if same || allowed.iter().any(|allowed| allowed == origin) {
        Ok(OriginCheck::Allowed)
    } else {
        Ok(OriginCheck::Foreign)
    }
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;

    use super::*;

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("chat.example"));
        headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(
            SEC_WEBSOCKET_KEY,
            HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="),
        );
        headers
    }

    fn check_with(change: impl FnOnce(&mut HeaderMap)) -> Result<String, HandshakeError> {
        let mut headers = headers();
        change(&mut headers);
        check(&Method::GET, Version::HTTP_11, &headers)
    }

    #[test]
    fn the_rfcs_own_example_is_accepted() {
        assert_eq!(
            check_with(|_| ()),
            Ok("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned())
        );
    }

    #[test]
    fn whatever_is_no_handshake_is_refused() {
        assert_eq!(
            check(&Method::POST, Version::HTTP_11, &headers()),
            Err(HandshakeError::Method)
        );
        assert!(check(&Method::GET, Version::HTTP_10, &headers()).is_err());
        for version in ["8", "12", "14", "13, 8"] {
            let value = HeaderValue::from_static(version);
            assert_eq!(
                check_with(|h| drop(h.insert(SEC_WEBSOCKET_VERSION, value))),
                Err(HandshakeError::Version)
            );
        }
        for key in ["x", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", ""] {
            let value = HeaderValue::from_static(key);
            assert!(
                check_with(|h| drop(h.insert(SEC_WEBSOCKET_KEY, value))).is_err(),
                "{key}"
            );
        }
        let again = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
        assert!(check_with(|h| assert!(h.append(SEC_WEBSOCKET_KEY, again))).is_err());
        assert!(check_with(|h| drop(h.remove(UPGRADE))).is_err());
        assert!(check_with(|h| drop(h.remove(SEC_WEBSOCKET_KEY))).is_err());
    }

    #[test]
    fn an_origin_is_the_servers_own_or_on_the_list() {
        let allowed = ["https://app.example".to_owned()];
        let check = |origin: &'static str| {
            let mut headers = headers();
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            check_origin(&headers, &allowed).unwrap()
        };
        assert_eq!(check("https://chat.example"), OriginCheck::Allowed);
        assert_eq!(check("https://app.example"), OriginCheck::Allowed);
        for foreign in [
            "https://evil.example",
            "null",
            "https://app.example.evil",
            "https://chat.example:8443",
        ] {
            assert_eq!(check(foreign), OriginCheck::Foreign, "{foreign}");
        }
        assert_eq!(check_origin(&headers(), &allowed), Ok(OriginCheck::Absent));
    }
}
