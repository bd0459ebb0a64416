//! A user's connection.

use std::error::Error as StdError;

use chat_core::auth::Identity;
use chat_core::chat::Error;
use chat_core::id::UserId;
use chat_core::model::Account;
use chat_core::protocol::{Code, Frame, MessageBody};
use chat_core::store::{AccountKey, AccountStore as _};
use chat_transport_warp::host::{Refused, Talk, Talking};
use chat_transport_warp::ws::Socket;

use crate::Roster;
use crate::frames::{self, Frames, Said};

impl Roster {
    /// Keeps a user connected until the socket ends.
    pub(crate) async fn connect(self, socket: Socket, identity: Identity, account: Account) {
        if let Err(error) = self.everyone.admit(&account.id).await {
            let error = &error as &dyn StdError;
            tracing::warn!(error, "somebody cannot speak to everyone");
        }
        let (user, name) = (account.id, account.display_name);
        let format = Frames {
            user: user.clone(),
            name: name.clone(),
            everyone: self.everyone.id(),
            users: self.store.clone(),
        };
        let (chat, welcome) = (self.chat.clone(), Some(frames::welcome(&name)));
        let roster = self;
        let speaker = Speaker { roster, user, name };
        let talk = |subscription| Talking::new(subscription, speaker);
        socket.serve(chat, &identity, format, welcome, talk).await;
    }

    /// The user of this name.
    async fn named(&self, name: &str) -> Result<UserId, Refused> {
        let lower = name.trim().to_ascii_lowercase();
        let found = self.store.find(AccountKey::Username(&lower)).await;
        let account = found.map_err(Error::from)?;
        let unknown = || Refused::new(Code::NotFound, format!("there is no user {name}"));
        Ok(account.ok_or_else(unknown)?.id)
    }
}

/// A user who is connected.
struct Speaker {
    roster: Roster,
    user: UserId,
    name: String,
}

impl Talk for Speaker {
    type Said = Said;

    async fn say(&mut self, said: Said) -> Result<(), Refused> {
        let (roster, user) = (&self.roster, &self.user);
        if said.r#type != "message" {
            let detail = "the type of a frame is message";
            return Err(Refused::new(Code::BadRequest, detail));
        }
        if said.recipient.is_empty() {
            roster.everyone.say(user, said.content).await?;
            return Ok(());
        }
        let peer = roster.named(&said.recipient).await?;
        let direct = roster.chat.create_direct(user, &peer).await?;
        let body = MessageBody::text(said.content);
        let sent = roster.chat.send(user, direct.conversation.id, body);
        sent.await?;
        Ok(())
    }

    fn object(&self, why: &str) -> Frame {
        frames::error(why, &self.name)
    }
}
