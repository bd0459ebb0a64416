//! Answering a request, whatever becomes of its handler.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use chat_core::protocol::Code;
use futures_util::FutureExt as _;
use http::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Incoming};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::rest::problem::Problem;
use crate::rest::respond::protect;

/// Whatever a body fails with.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// A body of whichever kind the service answers with, or of our own.
pub(super) type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

/// Runs the service; a panic in it is this request's alone.
pub(super) async fn answer<S, B>(
    mut service: S,
    request: Request<Incoming>,
    strict_transport: bool,
) -> Response<AnyBody>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    if !is_coding_plain(request.headers()) {
        let coding = Problem::new(Code::BadRequest, "a body is chunked or has a length");
        let mut response = own(coding, strict_transport);
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
        return response;
    }
    let answer = async {
        let Ok(()) = poll_fn(|context| service.poll_ready(context)).await;
        let Ok(response) = service.call(request).await;
        response.map(any)
    };
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a handler panicked");
            own(Problem::panicked(), strict_transport)
        }
    }
}

fn any<B>(body: B) -> AnyBody
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// An answer of the listener's own.
fn own(problem: Problem, strict_transport: bool) -> Response<AnyBody> {
    let id = uuid::Uuid::now_v7().to_string();
    let mut response = problem.respond(&id);
    protect(&mut response, &id, strict_transport);
    tracing::debug!(%id, status = %response.status(), "the listener answered itself");
    response.map(any)
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
