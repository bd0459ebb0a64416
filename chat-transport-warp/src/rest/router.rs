//! From a request to its route, and from the handler's result to an answer.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chat_core::protocol::Code;
use http::Method;
use tokio::time::{Instant, timeout};
use warp::Rejection;
use warp::reply::Response;

use super::problem::Problem;
use super::rate::Rate;
use super::request::{MAX_JSON, Request};
use super::table::{Access, Body, Route, routes};
use super::{App, cors, health, identify, query, respond};

/// The longest path.
const MAX_PATH: usize = 8 << 10;

/// How long a handler may take.
const HANDLED_WITHIN: Duration = Duration::from_secs(30);

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(routes);

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
    let begun = Instant::now();
    let answered = match target {
        Target::Health(kind) => health::answer(&app, kind, &request.method).await,
        Target::Api(path) => api(&app, path, request).await,
    };
    let mut response = answered.unwrap_or_else(|problem| problem.respond(&id));
    respond::protect(&mut response, &id, app.config.strict_transport);
    cors::allow(&mut response, &headers, &app.config.origins);
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    tracing::info!(request_id = %id, %method, path = %path.escape_debug(), status, ?took, "request");
    Ok(response)
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
    if path.len() > MAX_PATH {
        return Err(Problem::new(Code::UriTooLong, "the address is too long"));
    }
    let route = match find(path, &request) {
        Found::Route(route, params) => {
            request.params = params;
            route
        }
        Found::Other(methods) => {
            let preflight = cors::preflight(&request.method, &request.headers, &methods);
            let wrong = Problem::new(Code::MethodNotAllowed, "the resource has no such method");
            return preflight.ok_or_else(|| wrong.allow(methods));
        }
        Found::Nothing => return Err(Problem::new(Code::NotFound, "there is nothing here")),
    };
    #[cfg(feature = "accounts")]
    app.rates.address(route.rate, request.peer)?;
    if route.access == Access::User {
        let identity = identify::identify(&app.config, &request, route.path == "/ws").await?;
        if route.rate == Rate::User {
            app.rates.user(&identity.user)?;
        }
        request.identity = Some(identity);
    }
    match route.body {
        // A large body may take its time, as long as it moves.
        Body::Multipart => return (route.handler)(Arc::clone(app), request).await,
        Body::None => request.check_length(MAX_JSON as u64)?,
        Body::Json(_) => request.read_json().await?,
        #[cfg(feature = "accounts")]
        Body::MaybeJson(_) => request.read_json().await?,
    }
    let late = Problem::new(Code::Timeout, "the request took too long");
    timeout(HANDLED_WITHIN, (route.handler)(Arc::clone(app), request))
        .await
        .unwrap_or(Err(late))
}

enum Found {
    Route(&'static Route, Vec<String>),
    /// The path exists with these methods.
    Other(String),
    Nothing,
}

/// A literal segment counts more than a variable: `/users/me` is not a user called "me".
fn find(path: &str, request: &Request) -> Found {
    let segments: Vec<&str> = path.split('/').collect();
    let mut matching: Vec<_> = ROUTES
        .iter()
        .filter_map(|route| Some((route, params(route.path, &segments)?)))
        .collect();
    let fewest = matching.iter().map(|(_, params)| params.len()).min();
    matching.retain(|(_, params)| Some(params.len()) == fewest);
    let methods: Vec<&str> = matching
        .iter()
        .map(|(route, _)| route.method.as_str())
        .collect();
    let methods = methods.join(", ");
    let head = request.method == Method::HEAD;
    let wanted = if head { &Method::GET } else { &request.method };
    match matching
        .into_iter()
        .find(|(route, _)| route.method == *wanted)
    {
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
        if wanted.starts_with('{') {
            params.push(query::decode(&segment.replace('+', "%2B")));
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
        for other in ["users", "users/a/b", "Users/a", "users/a/", "/users/a"] {
            assert_eq!(params("/users/{id}", &split(other)), None, "{other}");
        }
    }
}
