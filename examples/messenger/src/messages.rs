//! The people, and what two of them say to each other.

use chat_core::chat::HistoryQuery;
use chat_core::id::UserId;
use chat_core::model::Purpose;
use chat_core::protocol::{Code, MessageBody, MessageView};
use chat_core::store::Window;
use chat_transport_warp::host::{self, Refused, Request};
use serde::Deserialize;
use serde_json::Value;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::Messenger;

/// How many messages of a conversation are shown: the last ones.
const SHOWN: usize = 5_000;

/// A message to send: a text, a picture, or both.
#[derive(Default, Deserialize)]
#[serde(default)]
struct NewMessage {
    text: Option<String>,
    image: Option<String>,
}

impl Messenger {
    /// Everybody but the one who asks.
    pub(crate) async fn users(&self, request: &Request) -> Result<Response, Refused> {
        let me = self.identify(request).await?.user;
        let (mut users, mut cursor) = (Vec::new(), None);
        loop {
            let most = Some(self.chat.limits().max_page);
            let page = self.chat.search_users(&me, None, cursor.as_deref(), most);
            let page = page.await?;
            let others = page.items.into_iter().map(|profile| profile.id);
            let others: Vec<UserId> = others.filter(|user| *user != me).collect();
            let accounts = self.accounts.of(&others).await?;
            users.extend(accounts.iter().map(|account| self.view(account)));
            cursor = page.next;
            if cursor.is_none() {
                return Ok(host::json(StatusCode::OK, &users));
            }
        }
    }

    /// What was said with `peer`, oldest first.
    pub(crate) async fn history(&self, request: &Request, peer: &str) -> Result<Response, Refused> {
        let me = self.identify(request).await?.user;
        let peer = user(peer)?;
        let direct = self.chat.create_direct(&me, &peer).await?;
        let limit = self.chat.limits().max_page;
        let (mut newest_first, mut window) = (Vec::new(), Window::Latest);
        while newest_first.len() < SHOWN {
            let query = HistoryQuery {
                window,
                limit: Some(limit),
            };
            let page = self
                .chat
                .history(&me, direct.conversation.id, query)
                .await?;
            let Some((oldest, _)) = page.messages.first() else {
                break;
            };
            window = Window::Before(oldest.seq);
            let is_last = page.messages.len() < limit;
            newest_first.extend(page.messages.into_iter().rev());
            if is_last {
                break;
            }
        }
        let messages = newest_first.into_iter().rev().map(|(message, _)| {
            let receiver = if message.sender == me { &peer } else { &me };
            self.config.message(&MessageView::from(message), receiver)
        });
        let messages: Vec<Value> = messages.collect();
        Ok(host::json(StatusCode::OK, &messages))
    }

    /// Sends a message; the answer is what the sender's page shows.
    pub(crate) async fn send(&self, mut request: Request, peer: &str) -> Result<Response, Refused> {
        let me = self.identify(&request).await?.user;
        let peer = user(peer)?;
        let new: NewMessage = request.json(self.picture_body()).await?;
        let text = new.text.unwrap_or_default();
        let image = new.image.filter(|image| !image.is_empty());
        if text.is_empty() && image.is_none() {
            let detail = "a text or a picture is needed";
            return Err(Refused::new(Code::BadRequest, detail));
        }
        let direct = self.chat.create_direct(&me, &peer).await?;
        let mut body = MessageBody::text(text);
        if let Some(image) = image {
            let image = self.keep(&me, Purpose::Attachment, &image).await?;
            body.upload_ids.push(image.id);
        }
        let sent = self.chat.send(&me, direct.conversation.id, body).await?;
        let message = self.config.message(&sent.message.into(), &peer);
        Ok(host::json(StatusCode::CREATED, &message))
    }
}

fn user(id: &str) -> Result<UserId, Refused> {
    UserId::new(id).map_err(|_| Refused::new(Code::InvalidId, "not a user's id"))
}
