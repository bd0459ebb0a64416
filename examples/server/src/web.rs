//! The web page: files that are part of the program.

use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use warp::http::{HeaderMap, HeaderValue, Response, StatusCode};

/// Only what the page itself brings may run; only that and uploads may be shown.
fn policy(media_origin: Option<&str>) -> HeaderValue {
    let media = media_origin.unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data: {media}; \
         media-src 'self' blob: {media}; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

macro_rules! files {
    ($($path:literal => $file:literal, $kind:literal;)*) => {
        /// Path, type and bytes.
        const FILES: &[(&str, &str, &[u8])] =
            &[$(($path, $kind, include_bytes!(concat!("../web/", $file)))),*];
    };
}

files! {
    "" => "index.html", "text/html; charset=utf-8";
    "assets/style.css" => "style.css", "text/css; charset=utf-8";
    "assets/icon.svg" => "icon.svg", "image/svg+xml";
    "assets/main.js" => "main.js", "text/javascript; charset=utf-8";
    "assets/api.js" => "api.js", "text/javascript; charset=utf-8";
    "assets/socket.js" => "socket.js", "text/javascript; charset=utf-8";
    "assets/outbox.js" => "outbox.js", "text/javascript; charset=utf-8";
    "assets/store.js" => "store.js", "text/javascript; charset=utf-8";
    "assets/dom.js" => "dom.js", "text/javascript; charset=utf-8";
    "assets/login.js" => "login.js", "text/javascript; charset=utf-8";
    "assets/inbox.js" => "inbox.js", "text/javascript; charset=utf-8";
    "assets/conversation.js" => "conversation.js", "text/javascript; charset=utf-8";
    "assets/composer.js" => "composer.js", "text/javascript; charset=utf-8";
    "assets/dialogs.js" => "dialogs.js", "text/javascript; charset=utf-8";
}

/// The page at `/`, its files under `/assets`. Uploads are shown from here and from `media_origin`.
pub(crate) fn routes(media_origin: Option<&str>) -> BoxedFilter<(warp::reply::Response,)> {
    let tag = format!(
        "\"{}-{:x}\"",
        env!("CARGO_PKG_VERSION"),
        FILES
            .iter()
            .map(|(.., bytes)| checksum(bytes))
            .fold(0, u64::wrapping_add)
    );
    let policy = policy(media_origin);
    warp::get()
        .or(warp::head())
        .unify()
        .and(warp::path::tail())
        .and(warp::header::headers_cloned())
        .and_then(move |path: warp::path::Tail, headers: HeaderMap| {
            let found = FILES.iter().find(|(known, ..)| *known == path.as_str());
            let answer =
                found.map(|(_, kind, bytes)| respond(kind, bytes, (&tag, &policy), &headers));
            std::future::ready(answer.ok_or_else(warp::reject::not_found))
        })
        .boxed()
}

fn respond(
    kind: &'static str,
    bytes: &'static [u8],
    (tag, policy): (&str, &HeaderValue),
    asked: &HeaderMap,
) -> warp::reply::Response {
    let known = asked
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let body = if known { Vec::new() } else { bytes.to_vec() };
    let mut response = warp::reply::Reply::into_response(Response::new(body));
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// FNV-1a: tells one build's files from another's.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
