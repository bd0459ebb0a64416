//! For front ends that have routes and frames of their own, and are to keep them: requests within limits, refusals
//! with codes, and sockets, all as our own routes have them.
//!
//! A host answers each [`Request`] as its front end wants it, over the same `Chat`; events become its frames by a
//! [`WireFormat`](chat_core::hub::WireFormat), and a [`Talk`], or any [`Receiver`](chat_core::session::Receiver), takes
//! the front end's. `examples/lobby`, `examples/roster` and `examples/messenger` are three such programs.
//!
//! ```
//! use chat_core::protocol::Code;
//! use chat_transport_warp::host::{self, Refused, Request};
//! use warp::http::StatusCode;
//! use warp::reply::Response;
//!
//! async fn answer(greeting: &'static str, request: Request) -> Result<Response, Refused> {
//!     match (request.method().as_str(), request.path()) {
//!         ("GET", "healthz") => Ok(host::json(StatusCode::OK, &greeting)),
//!         _ => Err(Refused::new(Code::NotFound, "nothing here")),
//!     }
//! }
//!
//! # async fn run() {
//! let origins = vec!["https://app.example".to_owned()];
//! let routes = host::routes(origins, "ok", answer, |_path, why| {
//!     host::json(why.status(), &why.detail())
//! });
//! let answer = warp::test::request().path("/healthz").reply(&routes).await;
//! assert_eq!(answer.body(), "\"ok\"");
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run());
//! ```

mod cookie;
mod refused;
mod request;
#[cfg(unix)]
mod run;
mod settings;
mod talking;

use std::future::Future;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::Instrument as _;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::rest::{cors, request as ours, respond};

pub use cookie::{Sites, set_cookie};
pub use refused::Refused;
pub use request::Request;
#[cfg(unix)]
pub use run::{run, stop_signal};
pub use settings::Settings;
#[cfg(feature = "accounts")]
pub use settings::{InvalidSecret, keys_from_env};
pub use talking::{Talk, Talking};

/// Requests whose body may be larger than 64 KiB and that are answered at once; a further one is `busy`.
const LARGE_AT_ONCE: usize = 16;

/// What a front end on another origin may ask.
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";

/// Answers every request with what `answer` makes of it and of a clone of `state`; where that is a refusal, `refuse`,
/// which is told the path too, says it as the front end expects it. Front ends at `origins`, exactly as browsers say
/// them, may read the answers and send cookies (the Fetch Standard's CORS protocol).
///
/// Answers get the headers that ours have, unless they carry their own. What is logged of a request is its method
/// and path, never its query, which may hold a token.
#[must_use]
pub fn routes<S, F, Fut>(
    origins: Vec<String>,
    state: S,
    answer: F,
    refuse: fn(&str, &Refused) -> Response,
) -> BoxedFilter<(Response,)>
where
    S: Clone + Send + Sync + 'static,
    F: Fn(S, Request) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Refused>> + Send,
{
    let origins: Arc<[String]> = origins.into();
    let large = Arc::new(Semaphore::new(LARGE_AT_ONCE));
    ours::extract()
        .then(move |request: ours::Request| {
            let (origins, large) = (Arc::clone(&origins), Arc::clone(&large));
            let (state, answer, path) = (state.clone(), answer.clone(), request.path.clone());
            async move {
                let own = Arc::clone(&origins);
                let answer = async |request| {
                    let answered = answer(state, Request::new(request, own, large)).await;
                    answered.unwrap_or_else(|why| refuse(&path, &why))
                };
                dispatch(&origins, answer, request).await
            }
        })
        .boxed()
}

async fn dispatch(
    origins: &[String],
    answer: impl AsyncFnOnce(ours::Request) -> Response,
    request: ours::Request,
) -> Response {
    let (id, method) = (request.id.clone(), request.method.clone());
    let headers: HeaderMap = request.headers.clone();
    let path = request.path.escape_debug().to_string();
    let span = tracing::info_span!("request", %id, %method, %path);
    async {
        let begun = Instant::now();
        let mut response = match preflight(&method, &headers) {
            Some(response) => response,
            None => answer(request).await,
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
