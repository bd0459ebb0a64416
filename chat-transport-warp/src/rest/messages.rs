//! Messages and markers.

use std::sync::Arc;

use chat_core::chat::{HistoryQuery, MessageQuery};
use chat_core::id::{ConversationId, Seq};
use chat_core::model::{MarkKind, MessageStatus};
use chat_core::protocol::{
    Code, HistoryPage, MarkBody, MarkersView, MessageBody, MessagePage, MessageView,
};
use chat_core::store::Window;
use http::StatusCode;
use warp::reply::Response;

use super::problem::Problem;
use super::query::Listing;
use super::request::Request;
use super::users::with_presence;
use super::{App, query, respond};

pub(super) async fn history(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (user, id) = (&request.identity()?.user, request.param(0)?);
    let history = app.chat.history(user, id, history_query(&request)?).await?;
    let items = history.messages.into_iter();
    let items = items.map(|(message, status)| MessageView {
        status,
        ..message.into()
    });
    let markers = history.others.into_iter();
    let markers = markers.map(|member| MarkersView::new(id, member.user, member.markers));
    respond::ok(&HistoryPage {
        items: items.collect(),
        users: with_presence(&app, user, history.users).await?,
        markers: markers.collect(),
        last_seq: history.conversation.last_seq,
        visible_from: history.me.visible_from,
    })
}

pub(super) async fn search(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let query = request.query()?;
    let conversation = query.get("conversation_id").map(|id| {
        let wrong = |_| Problem::new(Code::InvalidId, "not a valid id").at("conversation_id");
        id.parse().map_err(wrong)
    });
    let before = query::cursor(&query, Listing::Messages)?;
    let before = before.map(|id| id.parse().map_err(|_| query::invalid_cursor()));
    let wish = MessageQuery {
        text: query.get("search").map_or("", String::as_str),
        conversation: conversation.transpose()?,
        before: before.transpose()?,
        limit: query::number(&query, "limit")?,
    };
    let found = app.chat.search_messages(user, wish).await?;
    let next = found.page.next.as_deref();
    respond::ok(&MessagePage {
        next_cursor: next.map(|place| query::seal(Listing::Messages, place)),
        items: found.page.items.into_iter().map(Into::into).collect(),
        users: with_presence(&app, user, found.users).await?,
    })
}

fn history_query(request: &Request) -> Result<HistoryQuery, Problem> {
    let query = request.query()?;
    let seq = |name| -> Result<Option<Seq>, Problem> {
        Ok(query::number(&query, name)?.and_then(Seq::new))
    };
    let window = match (seq("before")?, seq("after")?, seq("around")?) {
        (None, None, None) => Window::Latest,
        (Some(seq), None, None) => Window::Before(seq),
        (None, Some(seq), None) => Window::After(seq),
        (None, None, Some(seq)) => Window::Around(seq),
        _ => {
            return Err(Problem::new(
                Code::InvalidQuery,
                "only one of before, after and around",
            ));
        }
    };
    Ok(HistoryQuery {
        window,
        limit: query::number(&query, "limit")?,
    })
}

pub(super) async fn send(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (user, id) = (&request.identity()?.user, request.param(0)?);
    let body: MessageBody = request.json()?;
    let appended = app.chat.send(user, id, body).await?;
    let status = if appended.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let view = MessageView {
        status: Some(MessageStatus::Sent),
        ..appended.message.into()
    };
    respond::json(status, &view)
}

pub(super) async fn delivered(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    mark(app, request, MarkKind::Delivered).await
}

pub(super) async fn read(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    mark(app, request, MarkKind::Read).await
}

async fn mark(app: Arc<App>, request: Request, kind: MarkKind) -> Result<Response, Problem> {
    let user = &request.identity()?.user;
    let id: ConversationId = request.param(0)?;
    let body: MarkBody = request.json()?;
    let marked = app.chat.mark(user, id, kind, body.seq).await?;
    respond::ok(&MarkersView::new(id, user.clone(), marked.markers))
}
