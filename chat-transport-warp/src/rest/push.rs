//! The browsers that take pushes.

use std::sync::Arc;

use chat_core::protocol::{
    PushEndpoint, PushKeyView, PushSubscriptionBody, PushSubscriptionList, PushSubscriptionView,
};
use http::StatusCode;
use warp::reply::Response;

use super::problem::Problem;
use super::request::Request;
use super::{App, respond};

pub(super) async fn key(app: Arc<App>, _request: Request) -> Result<Response, Problem> {
    let key = app.chat.push_key()?.to_owned();
    std::future::ready(respond::ok(&PushKeyView { key })).await
}

pub(super) async fn list(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let all = app.chat.push_subscriptions(user).await?;
    respond::ok(&PushSubscriptionList {
        items: all.into_iter().map(Into::into).collect(),
    })
}

pub(super) async fn subscribe(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let body: PushSubscriptionBody = request.json()?;
    let identity = request.identity()?;
    let subscription = app.chat.subscribe_push(identity, body).await?;
    let view = PushSubscriptionView::from(subscription);
    respond::json(StatusCode::CREATED, &view)
}

pub(super) async fn unsubscribe(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let body: PushEndpoint = request.json()?;
    let user = &request.identity()?.user;
    app.chat.unsubscribe_push(user, &body.endpoint).await?;
    Ok(respond::no_content())
}
