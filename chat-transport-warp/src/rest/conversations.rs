//! Conversations and their members.

use std::sync::Arc;

use chat_core::chat::ConversationDetails;
use chat_core::id::{ConversationId, UserId};
use chat_core::model::ConversationKind;
use chat_core::protocol::{
    AddMembers, Code, ConversationPage, ConversationUpdate, InboxPage, MemberPage,
    NewConversationBody, RoleBody,
};
use http::StatusCode;
use warp::reply::Response;

use super::problem::Problem;
use super::query::Listing;
use super::request::Request;
use super::users::with_presence;
use super::{App, query, respond};

pub(super) async fn create(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let body: NewConversationBody = request.json()?;
    check_fields(&body)?;
    let needed =
        |field: &'static str| Problem::new(Code::InvalidType, "a field is missing").at(field);
    let details = match body.kind {
        ConversationKind::Direct => {
            let peer = body
                .participant_id
                .ok_or_else(|| needed("participant_id"))?;
            app.chat.create_direct(user, &peer).await?
        }
        ConversationKind::Group => {
            let name = body.name.ok_or_else(|| needed("name"))?;
            app.chat
                .create_group(user, &name, &body.participant_ids)
                .await?
        }
    };
    let status = if details.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    respond::json(status, &page(&app, user, details).await?)
}

/// The fields of one kind say nothing of the other: they were meant for something else.
fn check_fields(body: &NewConversationBody) -> Result<(), Problem> {
    let extra = match body.kind {
        ConversationKind::Direct if body.name.is_some() => "name",
        ConversationKind::Direct if !body.participant_ids.is_empty() => "participant_ids",
        ConversationKind::Group if body.participant_id.is_some() => "participant_id",
        ConversationKind::Direct | ConversationKind::Group => return Ok(()),
    };
    Err(Problem::new(
        Code::UnknownField,
        "this kind of conversation has no such field",
    )
    .at(extra))
}

async fn page(
    app: &App,
    user: &UserId,
    details: ConversationDetails,
) -> Result<ConversationPage, Problem> {
    Ok(ConversationPage {
        conversation: details.conversation.into(),
        me: details.me.into(),
        members: details.members.into_iter().map(Into::into).collect(),
        users: with_presence(app, user, details.users).await?,
    })
}

async fn opened(app: &App, user: &UserId, id: ConversationId) -> Result<Response, Problem> {
    let details = app.chat.conversation(user, id).await?;
    respond::ok(&page(app, user, details).await?)
}

pub(super) async fn inbox(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let query = request.query()?;
    let after = query::cursor(&query, Listing::Inbox)?
        .map(|text| query::read_inbox(&text))
        .transpose()?;
    let limit = query::number(&query, "limit")?;
    let inbox = app.chat.inbox(user, after, limit).await?;
    respond::ok(&InboxPage {
        items: inbox.entries.into_iter().map(Into::into).collect(),
        users: with_presence(&app, user, inbox.users).await?,
        epoch: inbox.epoch,
        next_cursor: inbox.next.as_ref().map(query::write_inbox),
    })
}

pub(super) async fn find(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    opened(&app, &request.identity()?.user, request.param(0)?).await
}

pub(super) async fn update(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (user, id) = (&request.identity()?.user, request.param(0)?);
    let body: ConversationUpdate = request.json()?;
    // Checked before anything is changed: a refused request is to leave no half behind.
    app.chat.own_avatar(user, body.avatar_id.flatten()).await?;
    if let Some(name) = &body.name {
        app.chat.rename(user, id, name).await?;
    }
    if let Some(avatar) = body.avatar_id {
        app.chat.set_avatar(user, id, avatar).await?;
    }
    opened(&app, user, id).await
}

pub(super) async fn members(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let query = request.query()?;
    let after: Option<UserId> = match query::cursor(&query, Listing::Members)? {
        Some(text) => Some(text.parse().map_err(|_| query::invalid_cursor())?),
        None => None,
    };
    let limit: Option<usize> = query::number(&query, "limit")?;
    let asked = limit.unwrap_or(app.chat.limits().page);
    if !(1..=app.chat.limits().max_page).contains(&asked) {
        return Err(Problem::new(Code::InvalidQuery, "a limit is 1 to 200").at("limit"));
    }
    let (members, users) = app
        .chat
        .members(user, request.param(0)?, after.as_ref(), Some(asked))
        .await?;
    let last = members.last().filter(|_| members.len() == asked);
    respond::ok(&MemberPage {
        next_cursor: last.map(|member| query::seal(Listing::Members, member.user.as_str())),
        items: members.into_iter().map(Into::into).collect(),
        users: with_presence(&app, user, users).await?,
    })
}

pub(super) async fn add(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (user, id) = (&request.identity()?.user, request.param(0)?);
    let body: AddMembers = request.json()?;
    app.chat
        .add_members(user, id, &body.participant_ids)
        .await?;
    opened(&app, user, id).await
}

pub(super) async fn set_role(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (user, id) = (&request.identity()?.user, request.param(0)?);
    let member: UserId = request.param(1)?;
    let body: RoleBody = request.json()?;
    app.chat.set_role(user, id, &member, body.role).await?;
    opened(&app, user, id).await
}

pub(super) async fn remove(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (user, member) = (&request.identity()?.user, request.param::<UserId>(1)?);
    app.chat
        .remove_member(user, request.param(0)?, &member)
        .await?;
    Ok(respond::no_content())
}

pub(super) async fn leave(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    app.chat
        .leave(&request.identity()?.user, request.param(0)?)
        .await?;
    Ok(respond::no_content())
}
