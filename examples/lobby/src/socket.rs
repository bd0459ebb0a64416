//! A guest's connection.

use std::error::Error as StdError;
use std::sync::Arc;

use chat_core::auth::Identity;
use chat_core::chat::{Error, Room};
use chat_core::hub::Sink;
use chat_core::id::UserId;
use chat_core::protocol::{CloseCode, Code, Frame};
use chat_core::session::Subscription;
use chat_transport_warp::host::{Refused, Talk, Talking};
use chat_transport_warp::ws::Socket;

use crate::Lobby;
use crate::frames::{self, Said};

impl Lobby {
    /// Keeps a guest who wants to be called `name` company until the socket ends.
    pub(crate) async fn receive(self, socket: Socket, name: &str) {
        let visit = match self.guests.admit(name) {
            Ok(visit) => visit,
            Err(why) => {
                let why = Some(frames::error(why));
                return socket.refuse(why, CloseCode::Policy).await;
            }
        };
        let entered = self.enter(visit.user(), socket.sink());
        let tell = |why: &Error| Some(frames::error(&why.detail()));
        socket.open_with(entered, tell).await;
        if let Err(error) = self.room.dismiss(visit.user()).await {
            let error = &error as &dyn StdError;
            tracing::warn!(error, "a guest is still in the room");
        }
    }

    /// Welcomes the guest, then adds it to the room: so the welcome is first, and the others are told.
    async fn enter(&self, user: &UserId, sink: Arc<dyn Sink>) -> Result<Talking<Guest>, Error> {
        let (chat, identity) = (self.chat.clone(), Identity::of(user.clone()));
        let welcome = self.format.welcome(user);
        let format = Arc::clone(&self.format) as _;
        let subscription = Subscription::open(chat, &identity, format, sink, welcome).await?;
        self.room.admit(user).await?;
        let guest = Guest {
            room: self.room.clone(),
            user: user.clone(),
        };
        Ok(Talking::new(subscription, guest))
    }
}

/// A guest who is in the room.
struct Guest {
    room: Room,
    user: UserId,
}

impl Talk for Guest {
    type Said = Said;

    async fn say(&mut self, said: Said) -> Result<(), Refused> {
        if said.r#type.is_some_and(|r#type| r#type != "chat") {
            let detail = "the type of a frame is chat";
            return Err(Refused::new(Code::BadRequest, detail));
        }
        self.room.say(&self.user, said.content).await?;
        Ok(())
    }

    fn object(&self, why: &str) -> Frame {
        frames::error(why)
    }
}
