//! One message: reading it, changing it, and reactions to it.

use std::sync::Arc;

use chat_core::id::Rev;
use chat_core::model::{Reaction, RevisionKind};
use chat_core::protocol::{Code, EditBody, MessageView, ReactorPage};
use warp::reply::Response;

use super::problem::Problem;
use super::query::Listing;
use super::request::Request;
use super::users::with_presence;
use super::{App, query, respond};

pub(super) async fn find(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (user, id, message) = (
        &request.identity()?.user,
        request.param(0)?,
        request.param(1)?,
    );
    let message = app.chat.message(user, id, message).await?;
    respond::ok(&MessageView::from(message))
}

pub(super) async fn edit(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let body: EditBody = request.json()?;
    revise(&app, &request, RevisionKind::Edit(body.content)).await
}

pub(super) async fn delete(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    revise(&app, &request, RevisionKind::Delete).await
}

pub(super) async fn react(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let kind = RevisionKind::React(reaction(request.text(2))?);
    revise(&app, &request, kind).await
}

pub(super) async fn unreact(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let kind = RevisionKind::Unreact(reaction(request.text(2))?);
    revise(&app, &request, kind).await
}

pub(super) async fn reactors(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let query = request.query()?;
    let reaction = reaction(query.get("reaction").map_or("", String::as_str))?;
    let after = query::cursor(&query, Listing::Reactors)?;
    let after = after.map(|rev| rev.parse().ok().and_then(Rev::new));
    let after = after.map(|rev| rev.ok_or_else(query::invalid_cursor));
    let limit = query::number(&query, "limit")?;
    let (id, message) = (request.param(0)?, request.param(1)?);
    let page = (after.transpose()?, limit);
    let found = app
        .chat
        .reactors(user, id, message, &reaction, page)
        .await?;
    let next = found.next.map(|rev| rev.get().to_string());
    respond::ok(&ReactorPage {
        items: found.items.into_iter().map(Into::into).collect(),
        users: with_presence(&app, user, found.users).await?,
        next_cursor: next.map(|place| query::seal(Listing::Reactors, &place)),
    })
}

async fn revise(app: &App, request: &Request, kind: RevisionKind) -> Result<Response, Problem> {
    let (user, id, message) = (
        &request.identity()?.user,
        request.param(0)?,
        request.param(1)?,
    );
    let revised = app.chat.revise(user, id, message, kind).await?;
    respond::ok(&MessageView::from(revised.message))
}

fn reaction(text: &str) -> Result<Reaction, Problem> {
    let wrong = |_| Problem::new(Code::InvalidReaction, "not a valid reaction").at("reaction");
    Reaction::new(text).map_err(wrong)
}
