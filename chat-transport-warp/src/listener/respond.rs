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

/// What is answered where a handler panicked: the request's fault or ours, it is not told more.
const PANICKED: &str = r#"{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal","detail":"the request could not be handled","request_id":""}"#;

/// Runs the filter; a panic in it is this request's alone.
pub(super) async fn answer<F>(filter: F, request: http::Request<Incoming>) -> Response
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
            tracing::error!("a handler panicked");
            let response = http::Response::builder()
                .status(500)
                .header(http::header::CONTENT_TYPE, "application/problem+json")
                .header(http::header::X_CONTENT_TYPE_OPTIONS, "nosniff")
                .body(PANICKED);
            response.map_or_else(
                |_| http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                Reply::into_response,
            )
        }
    }
}

/// Tells a connection over the cap to come back later, as far as it takes that at once.
pub(super) fn overloaded(stream: &TcpStream) {
    let answer = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // It is refused either way.
    let _ = stream.try_write(answer);
}
