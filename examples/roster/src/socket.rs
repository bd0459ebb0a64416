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
        if let Err(error) = self.admit(&account.id).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "somebody cannot speak to everyone");
        }
        let name = self.names.note(&account);
        let format = Frames {
            user: account.id,
            name: Arc::clone(&name),
            everyone: self.everyone,
            names: self.names.clone(),
        };
        let (chat, welcome) = (self.chat.clone(), Some(frames::welcome(&name)));
        let user = identity.user.clone();
        let talk = |subscription| Talk {
            roster: self,
            user,
            name,
            subscription,
        };
        socket.serve(chat, &identity, format, welcome, talk).await;
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
        let name = &self.name;
        let object = |why: &str| frames::error(why, name);
        let Some(said) = self.subscription.read(payload, object) else {
            return;
        };
        if let Err(why) = self.say(said).await {
            self.object(&why);
        }
    }

    fn closing(&mut self, code: CloseCode) {
        if code == CloseCode::TooBig {
            self.object("the frame is too large");
        }
    }
}
