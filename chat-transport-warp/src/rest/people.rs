//! What one decides about others.

use std::sync::Arc;

use chat_core::id::UserId;
use chat_core::model::Privacy;
use chat_core::protocol::{BlockPage, BlockView, PrivacyUpdate, PrivacyView};
use warp::reply::Response;

use super::problem::Problem;
use super::query::Listing;
use super::request::Request;
use super::{App, query, respond};

pub(super) async fn blocked(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let query = request.query()?;
    let after: Option<UserId> = match query::cursor(&query, Listing::Blocks)? {
        Some(text) => Some(text.parse().map_err(|_| query::invalid_cursor())?),
        None => None,
    };
    let limit = query::number(&query, "limit")?;
    let blocked = app.chat.blocked(user, after.as_ref(), limit).await?;
    let view = |(user_id, blocked_at)| BlockView {
        user_id,
        blocked_at,
    };
    let next = blocked.next.as_ref();
    respond::ok(&BlockPage {
        next_cursor: next.map(|user| query::seal(Listing::Blocks, user.as_str())),
        items: blocked.items.into_iter().map(view).collect(),
        users: blocked.users.into_iter().map(Into::into).collect(),
    })
}

pub(super) async fn block(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let other: UserId = request.param(0)?;
    app.chat.block(&request.identity()?.user, &other).await?;
    Ok(respond::no_content())
}

pub(super) async fn unblock(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let other: UserId = request.param(0)?;
    app.chat.unblock(&request.identity()?.user, &other).await?;
    Ok(respond::no_content())
}

pub(super) async fn privacy(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let privacy = app.chat.privacy(&request.identity()?.user).await?;
    respond::ok(&PrivacyView::from(privacy))
}

pub(super) async fn set_privacy(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let update: PrivacyUpdate = request.json()?;
    let before = app.chat.privacy(user).await?;
    let privacy = Privacy {
        last_seen: update.last_seen.unwrap_or(before.last_seen),
    };
    // What is so already is told again: an earlier call may have failed after it was stored.
    if update.last_seen.is_some() {
        app.chat.set_privacy(user, privacy).await?;
    }
    respond::ok(&PrivacyView::from(privacy))
}
