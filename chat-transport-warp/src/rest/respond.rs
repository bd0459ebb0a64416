//! Answers, and the headers that all of them carry.

use bytes::Bytes;
use chat_core::protocol::Code;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use warp::reply::{Reply as _, Response};

use super::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(body)
        .map_err(|_| Problem::new(Code::Internal, "the answer cannot be written"))?;
    let mut response = of_json(body.into());
    *response.status_mut() = status;
    Ok(response)
}

/// 200 and what is JSON already.
pub(super) fn of_json(body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// 200 and JSON.
pub(super) fn ok(body: &impl Serialize) -> Result<Response, Problem> {
    json(StatusCode::OK, body)
}

/// 204.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// The headers of every answer; a handler's own stay.
pub(crate) fn protect(response: &mut Response, request_id: &str, strict_transport: bool) {
    let headers = response.headers_mut();
    let policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
    keep(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    keep(headers, CONTENT_SECURITY_POLICY, policy);
    keep(headers, REFERRER_POLICY, "no-referrer");
    keep(headers, RESOURCE_POLICY, "same-origin");
    keep(headers, X_FRAME_OPTIONS, "DENY");
    keep(headers, CACHE_CONTROL, "no-store");
    if strict_transport {
        keep(
            headers,
            STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}

fn keep(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}
