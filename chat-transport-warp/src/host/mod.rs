//! For front ends that have routes and frames of their own, and are to keep them: requests within limits, refusals
//! with codes, and sockets, all as our own routes have them.
//!
//! A host answers each [`Request`] as its front end wants it, over the same `Chat`; events become its frames by a
//! [`WireFormat`](chat_core::hub::WireFormat), and a [`Receiver`](chat_core::session::Receiver) takes the front
//! end's. `examples/lobby`, `examples/roster` and `examples/messenger` are three such programs.
//!
//! ```
//! use chat_transport_warp::host::{self, Request};
//! use warp::http::StatusCode;
//!
//! # async fn run() {
//! let routes = host::routes(vec!["https://app.example".to_owned()], async |request: Request| {
//!     match (request.method().as_str(), request.path()) {
//!         ("GET", "healthz") => host::json(StatusCode::OK, &"ok"),
//!         _ => host::json(StatusCode::NOT_FOUND, &"nothing here"),
//!     }
//! });
//! let answer = warp::test::request().path("/healthz").reply(&routes).await;
//! assert_eq!(answer.body(), "\"ok\"");
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run());
//! ```

mod refused;
mod request;
#[cfg(unix)]
mod run;

use std::future::Future;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use serde::Serialize;
use tokio::time::Instant;
use tracing::Instrument as _;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::rest::{cors, request as ours, respond};

pub use refused::Refused;
pub use request::Request;
#[cfg(unix)]
pub use run::run;

/// What a front end on another origin may ask.
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";

/// Answers every request with `answer`. Front ends at `origins`, exactly as browsers say them, may read the answers
/// and send cookies (the Fetch Standard's CORS protocol).
///
/// Answers get the headers that ours have, unless they carry their own. What is logged of a request is its method
/// and path, never its query, which may hold a token.
#[must_use]
pub fn routes<F, Fut>(origins: Vec<String>, answer: F) -> BoxedFilter<(Response,)>
where
    F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send,
{
    let origins: Arc<[String]> = origins.into();
    ours::extract()
        .then(move |request| {
            let (origins, answer) = (Arc::clone(&origins), answer.clone());
            async move { dispatch(&origins, answer, request).await }
        })
        .boxed()
}

async fn dispatch<F, Fut>(origins: &[String], answer: F, request: ours::Request) -> Response
where
    F: Fn(Request) -> Fut + Send + Sync,
    Fut: Future<Output = Response> + Send,
{
    let (id, method) = (request.id.clone(), request.method.clone());
    let headers: HeaderMap = request.headers.clone();
    let path = request.path.escape_debug().to_string();
    let span = tracing::info_span!("request", %id, %method, %path);
    async {
        let begun = Instant::now();
        let mut response = match preflight(&method, &headers) {
            Some(response) => response,
            None => answer(Request::new(request)).await,
        };
        respond::protect(&mut response, &id, false);
        cors::allow(&mut response, &headers, origins);
        let (status, took) = (response.status().as_u16(), begun.elapsed());
        tracing::info!(status, ?took, "answered");
        response
    }
    .instrument(span)
    .await
}

fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    cors::preflight(method, headers, METHODS)
}

/// An answer in JSON. What cannot be written as JSON is 500, without a body.
#[must_use]
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    respond::json(status, body).unwrap_or_else(|problem| {
        let mut response = Response::default();
        *response.status_mut() = problem.status();
        response
    })
}
