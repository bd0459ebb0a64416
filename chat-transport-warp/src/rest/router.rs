//! From a request to its route, and from the handler's result to an answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chat_core::protocol::Code;
use futures_util::FutureExt as _;
use http::Method;
use http::header::ALLOW;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;
use warp::Rejection;
use warp::reply::Response;

use super::problem::Problem;
use super::rate::Rate;
use super::request::{MAX_JSON, Request};
use super::table::{Access, Body, Route};
use super::{App, client, cors, health, identify, query, respond};

/// The longest path and query.
const MAX_ADDRESS: usize = 8 << 10;

/// How long a handler may take that waits for its turn to hash a password.
const HANDLED_WITHIN: Duration = Duration::from_secs(30);

/// What a request of a user may take beside the store's own time.
const SLACK: Duration = Duration::from_millis(500);

/// Answers a request that is ours; rejects any other.
pub(super) async fn dispatch(app: Arc<App>, mut request: Request) -> Result<Response, Rejection> {
    let path = std::mem::take(&mut request.path);
    let Some(target) = target(&path) else {
        return Err(warp::reject::not_found());
    };
    let (id, headers, method) = (
        request.id.clone(),
        request.headers.clone(),
        request.method.clone(),
    );
    // Whatever is logged on the way says which request it was about.
    let span = tracing::info_span!("request", %id, %method, path = %path.escape_debug());
    async {
        let begun = Instant::now();
        let answer = async {
            match target {
                Target::Health(kind) => health::answer(&app, kind, &method).await,
                Target::Api(path) => api(&app, path, request).await,
            }
        };
        // What handlers share is behind locks that outlive a panic.
        let answered = AssertUnwindSafe(answer).catch_unwind().await;
        let answered = answered.unwrap_or_else(|_| {
            tracing::error!("a handler panicked");
            Err(Problem::panicked())
        });
        let mut response = answered.unwrap_or_else(|problem| problem.respond(&id));
        respond::protect(&mut response, &id, app.config.strict_transport);
        cors::allow(&mut response, &headers, &app.config.origins);
        let (status, took) = (response.status().as_u16(), begun.elapsed());
        tracing::info!(status, ?took, "answered");
        metrics::counter!("chat_requests_total", "class" => class(status)).increment(1);
        metrics::histogram!("chat_request_seconds").record(took);
        Ok(response)
    }
    .instrument(span)
    .await
}

/// The class of a status, as it is counted.
const fn class(status: u16) -> &'static str {
    match status {
        0..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// What of ours a path names.
enum Target<'p> {
    Health(health::Kind),
    Api(&'p str),
}

fn target(path: &str) -> Option<Target<'_>> {
    match path {
        "livez" => Some(Target::Health(health::Kind::Live)),
        "readyz" => Some(Target::Health(health::Kind::Ready)),
        "api/v1" => Some(Target::Api("")),
        path => path.strip_prefix("api/v1/").map(Target::Api),
    }
}

async fn api(app: &Arc<App>, path: &str, mut request: Request) -> Result<Response, Problem> {
    if path.len() + request.raw_query.len() > MAX_ADDRESS {
        return Err(Problem::new(Code::UriTooLong, "the address is too long"));
    }
    let route = match find(&app.routes, path, &request.method) {
        Found::Route(route, params) => {
            request.params = params;
            route
        }
        Found::Other(methods) => {
            let preflight = cors::preflight(&request.method, &request.headers, &methods);
            let wrong = Problem::new(Code::MethodNotAllowed, "the resource has no such method");
            return preflight.ok_or_else(|| wrong.header(ALLOW, methods));
        }
        Found::Nothing => return Err(Problem::new(Code::NotFound, "there is nothing here")),
    };
    let proxies = &app.config.trusted_proxies;
    let client = client::address(request.peer, &request.headers, proxies);
    app.rates.address(route.rate, client)?;
    let mut patience = Patience::of(app, route);
    if route.access == Access::User {
        let identity = identify::identify(&app.config, &request, route.path == "/ws");
        let identity = patience.spend(identity).await?;
        if route.rate == Rate::User {
            app.rates.user(&identity.user)?;
        }
        request.identity = Some(identity);
    }
    match route.body {
        Body::Json(_) | Body::MaybeJson(_) => request.read_json(MAX_JSON).await?,
        Body::Multipart => {}
        Body::None => request.check_length(MAX_JSON as u64)?,
    }
    let handled = (route.handler)(Arc::clone(app), request);
    match route.body {
        // A large body may take its time, as long as it moves.
        Body::Multipart => handled.await,
        Body::None | Body::Json(_) | Body::MaybeJson(_) => patience.spend(handled).await,
    }
}

/// What is left of the time in which a request is answered, not counting that in which its body comes.
struct Patience(Duration);

impl Patience {
    fn of(app: &App, route: &Route) -> Self {
        let hashes = route.path == "/auth/password" || route.rate != Rate::User;
        Self(match hashes {
            true => HANDLED_WITHIN,
            false => app.chat.limits().store_timeout + SLACK,
        })
    }

    async fn spend<T>(
        &mut self,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let begun = Instant::now();
        let done = timeout(self.0, work).await;
        self.0 = self.0.saturating_sub(begun.elapsed());
        done.unwrap_or_else(|_| {
            let late = Problem::new(Code::StorageUnavailable, "the request took too long");
            Err(late.retry_after(Duration::from_secs(1)))
        })
    }
}

enum Found<'r> {
    Route(&'r Route, Vec<String>),
    /// The path exists with these methods.
    Other(String),
    Nothing,
}

/// A literal segment counts more than a variable: `/users/me` is not a user called "me".
fn find<'r>(routes: &'r [Route], path: &str, method: &Method) -> Found<'r> {
    let segments: Vec<&str> = path.split('/').collect();
    let mut matching: Vec<_> = routes
        .iter()
        .filter_map(|route| Some((route, params(route.path, &segments)?)))
        .collect();
    let fewest = matching.iter().map(|(_, params)| params.len()).min();
    matching.retain(|(_, params)| Some(params.len()) == fewest);
    let mut methods: Vec<_> = matching
        .iter()
        .map(|(route, _)| route.method.as_str())
        .collect();
    if methods.contains(&Method::GET.as_str()) {
        methods.push(Method::HEAD.as_str());
    }
    let methods = methods.join(", ");
    let wanted = match *method {
        Method::HEAD => &Method::GET,
        _ => method,
    };
    let mut matching = matching.into_iter();
    match matching.find(|(route, _)| route.method == *wanted) {
        Some((route, params)) => Found::Route(route, params),
        None if methods.is_empty() => Found::Nothing,
        None => Found::Other(methods),
    }
}

/// The path's variables, if it is of this pattern.
fn params(pattern: &str, segments: &[&str]) -> Option<Vec<String>> {
    let wanted = pattern.trim_start_matches('/').split('/');
    if wanted.clone().count() != segments.len() {
        return None;
    }
    let mut params = Vec::new();
    for (wanted, segment) in wanted.zip(segments) {
        if wanted.starts_with('{') && !segment.is_empty() {
            // What cannot be decoded is no id either: an empty one says so.
            params.push(query::percent_decode(segment).unwrap_or_default());
        } else if wanted != *segment {
            return None;
        }
    }
    Some(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_by_whole_segments() {
        let split = |path: &'static str| path.split('/').collect::<Vec<_>>();
        assert_eq!(
            params("/users/{id}", &split("users/a%20b+c")),
            Some(vec!["a b+c".to_owned()])
        );
        for other in [
            "users",
            "users/",
            "users/a/b",
            "Users/a",
            "users/a/",
            "/users/a",
        ] {
            assert_eq!(params("/users/{id}", &split(other)), None, "{other}");
        }
    }
}
