//! Front ends on other origins (the Fetch Standard's CORS protocol): an exact list, nothing else.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, Method, StatusCode};
use warp::reply::{Reply as _, Response};

/// Answers a preflight, if that is what a request is.
pub(crate) fn preflight(method: &Method, headers: &HeaderMap, methods: &str) -> Option<Response> {
    if method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let set = response.headers_mut();
    if let Ok(methods) = HeaderValue::from_str(methods) {
        set.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    set.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type"),
    );
    set.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    Some(response)
}

/// Lets an origin on the list read an answer.
pub(crate) fn allow(response: &mut Response, headers: &HeaderMap, origins: &[String]) {
    let set = response.headers_mut();
    set.append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = headers.get(ORIGIN) else {
        return;
    };
    if origins
        .iter()
        .any(|allowed| allowed.as_bytes() == origin.as_bytes())
    {
        set.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        set.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        let exposed = HeaderValue::from_static("retry-after, x-request-id");
        set.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}
