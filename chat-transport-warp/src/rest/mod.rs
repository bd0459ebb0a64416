//! REST under `/api/v1`: a table of routes, and what each does.
//!
//! The table is the one list of what there is: requests are matched by it, the OpenAPI document is
//! made from it, and the tests that go over every route go over it.

#[cfg(feature = "accounts")]
mod auth;
mod calls;
mod client;
mod conversations;
pub(crate) mod cookies;
pub(crate) mod cors;
mod examples;
mod health;
pub(crate) mod identify;
mod incoming;
mod messages;
mod openapi;
mod people;
pub(crate) mod problem;
mod push;
pub(crate) mod query;
mod rate;
pub(crate) mod request;
pub(crate) mod respond;
mod revisions;
mod router;
mod socket;
mod table;
pub(crate) mod uploads;
mod users;

use std::sync::Arc;

use bytes::Bytes;
use chat_core::chat::Chat;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::config::TransportConfig;
use crate::ws::SocketConfig;
use rate::Rates;
use table::Route;

/// What handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) chat: Chat,
    pub(crate) config: TransportConfig,
    /// `config.socket`, which all connections share.
    sockets: Arc<SocketConfig>,
    routes: Vec<Route>,
    /// The OpenAPI document.
    document: Bytes,
    rates: Rates,
}

/// All routes, as a filter that mounts under any prefix beside the host's own routes:
/// `warp::path("chat").and(routes(chat, config)).or(host)`.
///
/// Under `api/v1` it answers everything itself, also what does not exist; elsewhere it answers
/// `livez` and `readyz` and rejects the rest, so that the host's routes are asked.
#[must_use]
pub fn routes(chat: Chat, config: TransportConfig) -> BoxedFilter<(Response,)> {
    let routes = table::routes(&chat, &config);
    let app = Arc::new(App {
        document: openapi::document(&routes, cookies::access(&config)),
        rates: Rates::new(&config),
        sockets: Arc::new(config.socket.clone()),
        routes,
        chat,
        config,
    });
    request::extract()
        .and_then(move |request| router::dispatch(Arc::clone(&app), request))
        .boxed()
}
