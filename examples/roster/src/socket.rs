//! A user's connection.

use std::sync::Arc;

use chat_core::auth::Identity;
use chat_core::chat::Error;
use chat_core::id::{ConversationId, UserId};
use chat_core::model::Account;
use chat_core::protocol::{CloseCode, MessageBody};
use chat_core::session::{Receiver, Subscription};
use chat_core::store::{AccountKey, AccountStore as _};
use chat_transport_warp::ws::Socket;

use crate::Roster;
use crate::frames::{self, Frames, Said};

impl Roster {
    /// Keeps a user connected until the socket ends.
    pub(crate) async fn connect(self, socket: Socket, identity: Identity, account: Account) {
        let name = self.names.note(&account);
        let format = Frames {
            user: account.id,
            name: Arc::clone(&name),
            everyone: self.everyone,
            names: self.names.clone(),
        };
        let (chat, sink) = (self.chat.clone(), socket.sink());
        let welcome = Some(frames::welcome(&name));
        match Subscription::open(chat, &identity, Arc::new(format), sink, welcome).await {
            Ok(subscription) => {
                let talk = Talk {
                    roster: self,
                    user: identity.user,
                    name,
                    subscription,
                };
                socket.run(talk).await;
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a user was not connected"
                );
                socket.refuse(None, CloseCode::Overloaded).await;
            }
        }
    }

    /// Where what `user` says to `recipient` goes.
    async fn place(&self, user: &UserId, recipient: &str) -> Result<ConversationId, Error> {
        if recipient.is_empty() {
            return Ok(self.everyone);
        }
        let name = recipient.trim().to_ascii_lowercase();
        let found = self.store.find(AccountKey::Username(&name)).await?;
        let peer = found.ok_or(Error::NotFound)?.id;
        let direct = self.chat.create_direct(user, &peer).await?;
        Ok(direct.conversation.id)
    }
}

/// A user who is connected.
struct Talk {
    roster: Roster,
    user: UserId,
    name: Arc<str>,
    subscription: Subscription,
}

impl Talk {
    async fn say(&self, said: Said) -> Result<(), String> {
        if said.r#type != "message" {
            return Err("the type of a frame is message".to_owned());
        }
        let place = self.roster.place(&self.user, &said.recipient).await;
        let place = place.map_err(|error| match error {
            Error::NotFound => format!("there is no user {}", said.recipient),
            error => error.detail(),
        })?;
        let body = MessageBody::text(said.content);
        let sent = self.roster.chat.send(&self.user, place, body).await;
        sent.map(drop).map_err(|error| error.detail())
    }

    fn object(&self, why: &str) {
        let why = frames::error(why, &self.name);
        self.subscription.outbox().send_frame(why);
    }
}

impl Receiver for Talk {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    /// What cannot be said is answered with an error, and the connection goes on.
    async fn receive(&mut self, payload: &[u8]) {
        if let Err(error) = self.subscription.count_frame() {
            return self.object(&error.detail());
        }
        match serde_json::from_slice(payload) {
            Ok(said) => {
                if let Err(why) = self.say(said).await {
                    self.object(&why);
                }
            }
            Err(_) => {
                self.object("the frame is not JSON with a type, a content and a recipient");
                self.subscription.count_malformed();
            }
        }
    }

    fn closing(&mut self, code: CloseCode) {
        if code == CloseCode::TooBig {
            self.object("the frame is too large");
        }
    }
}
