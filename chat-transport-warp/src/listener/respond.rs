//! Answering a request, whatever becomes of its handler.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
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
    let answered = AssertUnwindSafe(warp::service(filter).call(request))
        .catch_unwind()
        .await;
    match answered {
        Ok(Ok::<_, Infallible>(response)) => response,
        Err(_) => {
            let id = uuid::Uuid::now_v7().to_string();
            tracing::error!(%id, "a handler panicked");
            let mut response = Problem::panicked().respond(&id);
            protect(&mut response, &id, strict_transport);
            response
        }
    }
}

/// Tells a connection over the cap to come back later, as far as it takes that at once.
pub(super) fn overloaded(stream: &TcpStream) {
    let answer = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // It is refused either way.
    let _ = stream.try_write(answer);
}
