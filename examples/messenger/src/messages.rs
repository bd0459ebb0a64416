//! The people, and what two of them say to each other.

use chat_core::id::UserId;
use chat_core::model::Purpose;
use chat_core::protocol::{Code, MessageBody};
use chat_transport_warp::host::{self, Refused, Request};
use serde::Deserialize;
use serde_json::Value;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::Messenger;

/// How many people are shown: the first ones by user name.
const PEOPLE: usize = 10_000;

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
        let users = self.chat.all_users(&me, PEOPLE).await?;
        let users = users.into_iter().map(|profile| profile.id);
        let accounts = self.accounts.of(users.filter(|user| *user != me)).await?;
        let users: Vec<Value> = accounts.iter().map(|account| self.view(account)).collect();
        Ok(host::json(StatusCode::OK, &users))
    }

    /// What was said with `peer`, oldest first.
    pub(crate) async fn history(&self, request: &Request, peer: &str) -> Result<Response, Refused> {
        let (me, peer) = (self.identify(request).await?.user, UserId::new(peer)?);
        let direct = self.chat.create_direct(&me, &peer).await?.conversation;
        let messages = self.chat.latest_messages(&me, direct.id, SHOWN).await?;
        let messages = messages.into_iter().map(|message| {
            let receiver = if message.sender == me { &peer } else { &me };
            self.config.message(&message.into(), receiver)
        });
        Ok(host::json(StatusCode::OK, &messages.collect::<Vec<_>>()))
    }

    /// Sends a message; the answer is what the sender's page shows.
    pub(crate) async fn send(&self, mut request: Request, peer: &str) -> Result<Response, Refused> {
        let (me, peer) = (self.identify(&request).await?.user, UserId::new(peer)?);
        let new: NewMessage = request.json(self.picture_body()).await?;
        let text = new.text.unwrap_or_default();
        let image = new.image.filter(|image| !image.is_empty());
        if text.is_empty() && image.is_none() {
            let detail = "a text or a picture is needed";
            return Err(Refused::new(Code::BadRequest, detail));
        }
        let direct = self.chat.create_direct(&me, &peer).await?.conversation;
        let mut body = MessageBody::text(text);
        if let Some(image) = image {
            let image = self.chat.upload_data_uri(&me, Purpose::Attachment, &image);
            body.upload_ids.push(image.await?.id);
        }
        let sent = self.chat.send(&me, direct.id, body).await?;
        let message = self.config.message(&sent.message.into(), &peer);
        Ok(host::json(StatusCode::CREATED, &message))
    }
}
