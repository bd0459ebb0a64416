//! The web page: files that are part of the program.

use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use warp::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

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

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What the page may ask the user for: for calls, and for nothing that is framed.
const PERMISSIONS: &str =
    "camera=(self), microphone=(self), display-capture=(), geolocation=(), payment=(), usb=()";

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! files {
    ($($path:literal => $file:literal, $kind:literal;)* client: $($module:literal)*) => {
        /// Path, type and bytes.
        const FILES: &[(&str, &str, &[u8])] = &[
            $(($path, $kind, include_bytes!(concat!("../web/", $file))),)*
            $((concat!("client/", $module), SCRIPT, include_bytes!(concat!("../../../chat-client-js/src/", $module))),)*
        ];
    };
}

files! {
    "" => "index.html", "text/html; charset=utf-8";
    "assets/style.css" => "style.css", "text/css; charset=utf-8";
    "assets/icon.svg" => "icon.svg", "image/svg+xml";
    "assets/main.js" => "main.js", "text/javascript; charset=utf-8";
    "assets/api.js" => "api.js", "text/javascript; charset=utf-8";
    "assets/dom.js" => "dom.js", "text/javascript; charset=utf-8";
    "assets/login.js" => "login.js", "text/javascript; charset=utf-8";
    "assets/inbox.js" => "inbox.js", "text/javascript; charset=utf-8";
    "assets/conversation.js" => "conversation.js", "text/javascript; charset=utf-8";
    "assets/composer.js" => "composer.js", "text/javascript; charset=utf-8";
    "assets/call.js" => "call.js", "text/javascript; charset=utf-8";
    "assets/dialogs.js" => "dialogs.js", "text/javascript; charset=utf-8";
    "assets/push.js" => "push.js", "text/javascript; charset=utf-8";
    "sw.js" => "sw.js", "text/javascript; charset=utf-8";
    "docs" => "docs/index.html", "text/html; charset=utf-8";
    "docs/docs.js" => "docs/docs.js", "text/javascript; charset=utf-8";
    "docs/swagger-ui-bundle.js" => "docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8";
    "docs/swagger-ui.css" => "docs/swagger-ui.css", "text/css; charset=utf-8";
    client: "accounts.js" "backoff.js" "call.js" "calls.js" "chat.js" "codes.js" "commands.js" "connection.js"
        "credentials.js" "emitter.js" "error.js" "index.js" "marks.js" "outbox.js"
        "positions.js" "push.js" "rest.js" "storage.js" "store.js"
}

/// Whether the API is shown at `/docs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Docs {
    /// To whoever asks.
    Shown,
    /// Not there.
    Hidden,
}

/// The page at `/`, its files under `/assets`, the client's modules under `/client`, the API's documents at `/docs`. Uploads are
/// shown from here and from `media_origin`.
pub(crate) fn routes(
    docs: Docs,
    media_origin: Option<&str>,
) -> BoxedFilter<(warp::reply::Response,)> {
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
            let path = path.as_str();
            let shown = docs == Docs::Shown || !path.starts_with("docs");
            let found = FILES.iter().find(|(known, ..)| shown && *known == path);
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
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS));
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
