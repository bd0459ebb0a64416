//! What a device needs before it calls; the calls themselves are signalled over the WebSocket.

use std::sync::Arc;

use chat_core::id::Timestamp;
use warp::reply::Response;

use super::problem::Problem;
use super::request::Request;
use super::{App, respond};

pub(super) async fn ice_servers(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    std::future::ready(respond::ok(&app.config.ice.servers(user, Timestamp::now()))).await
}
