//! A guest's connection.

use std::sync::Arc;

use chat_core::auth::Identity;
use chat_core::chat::Error;
use chat_core::hub::Sink;
use chat_core::id::UserId;
use chat_core::protocol::{CloseCode, MessageBody};
use chat_core::session::{Receiver, Subscription};
use chat_transport_warp::ws::Socket;

use crate::Lobby;
use crate::frames::{self, Said};

impl Lobby {
    /// Keeps a guest who wants to be called `name` company until the socket ends.
    pub(crate) async fn receive(self, socket: Socket, name: &str) {
        let user = match self.guests.admit(name) {
            Ok(user) => user,
            Err(why) => {
                let why = Some(frames::error(why));
                return socket.refuse(why, CloseCode::Policy).await;
            }
        };
        // Whatever becomes of the connection, the guest is gone with it.
        let stay = Stay {
            lobby: self,
            user: user.clone(),
        };
        let sink = socket.sink();
        let entered = async {
            let subscription = stay.enter(sink).await?;
            Ok::<_, Error>(Talk { subscription, stay })
        };
        let tell = |why: &Error| Some(frames::error(&why.detail()));
        socket.open_with(entered, tell).await;
    }
}

/// A guest's time in the lobby.
struct Stay {
    lobby: Lobby,
    user: UserId,
}

impl Stay {
    /// Welcomes the guest, then adds it to the room: so the welcome is first, and the others are told.
    async fn enter(&self, sink: Arc<dyn Sink>) -> Result<Subscription, Error> {
        let Lobby {
            chat, house, room, ..
        } = &self.lobby;
        let identity = Identity::of(self.user.clone());
        let welcome = self.lobby.format.welcome(&self.user);
        let format = Arc::clone(&self.lobby.format) as _;
        let subscription = Subscription::open(chat.clone(), &identity, format, sink, welcome);
        let subscription = subscription.await?;
        chat.add_members(house, *room, std::slice::from_ref(&self.user))
            .await?;
        Ok(subscription)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let (lobby, user) = (self.lobby.clone(), self.user.clone());
        tokio::spawn(async move {
            if let Err(error) = lobby.chat.leave(&user, lobby.room).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "a guest was not in the room"
                );
            }
            lobby.guests.dismiss(&user);
        });
    }
}

/// A guest who is in the room.
struct Talk {
    /// Dropped first: who has left hears nothing of it.
    subscription: Subscription,
    stay: Stay,
}

impl Talk {
    async fn say(&self, said: Said) -> Result<(), String> {
        if said.r#type.is_some_and(|r#type| r#type != "chat") {
            return Err("the type of a frame is chat".to_owned());
        }
        let Lobby { chat, room, .. } = &self.stay.lobby;
        let sent = chat.send(&self.stay.user, *room, MessageBody::text(said.content));
        sent.await.map(drop).map_err(|error| error.detail())
    }

    fn object(&self, why: &str) {
        self.subscription.outbox().send_frame(frames::error(why));
    }
}

impl Receiver for Talk {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    /// What cannot be said is answered with an error, and the connection goes on.
    async fn receive(&mut self, payload: &[u8]) {
        let Some(said) = self.subscription.read(payload, frames::error) else {
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
