//! Answering a request, whatever becomes of its handler.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use chat_core::protocol::Code;
use futures_util::FutureExt as _;
use http::HeaderMap;
use http::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tower_service::Service as _;
use warp::Filter;
use warp::Reply;
use warp::reply::Response;

use crate::rest::problem::Problem;
use crate::rest::respond::protect;

/// Runs the filter; a panic in it is this request's alone.
pub(super) async fn answer<F>(
    filter: F,
    request: http::Request<Incoming>,
    strict_transport: bool,
) -> Response
where
    F: Filter<Error = warp::Rejection>,
    F::Extract: Reply,
{
    if !is_coding_plain(request.headers()) {
        let coding = Problem::new(Code::BadRequest, "a body is chunked or has a length");
        let mut response = own(coding, strict_transport);
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
        return response;
    }
    let answered = AssertUnwindSafe(warp::service(filter).call(request))
        .catch_unwind()
        .await;
    match answered {
        Ok(Ok::<_, Infallible>(response)) => response,
        Err(_) => {
            tracing::error!("a handler panicked");
            own(Problem::panicked(), strict_transport)
        }
    }
}

/// An answer of the listener's own.
fn own(problem: Problem, strict_transport: bool) -> Response {
    let id = uuid::Uuid::now_v7().to_string();
    let mut response = problem.respond(&id);
    protect(&mut response, &id, strict_transport);
    tracing::debug!(%id, status = %response.status(), "the listener answered itself");
    response
}

/// Whether a body's end is where everybody on the way sees it. Of several codings hyper looks at the
/// last, others perhaps at the first (RFC 9112, section 11.2).
fn is_coding_plain(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// Tells a connection over the cap to come back later, as far as it takes that at once.
pub(super) fn overloaded(stream: &TcpStream) {
    let answer = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // It is refused either way.
    let _ = stream.try_write(answer);
}
