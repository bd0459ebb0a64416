//! The front end's connections: they hear of messages and of who is online, and say nothing.

use chat_core::auth::Identity;
use chat_core::protocol::{CloseCode, Code};
use chat_core::session::{Receiver, Subscription};
use chat_transport_warp::host::{Refused, Request};
use chat_transport_warp::ws::Socket;
use chat_transport_warp::ws::handshake::OriginCheck;
use warp::reply::Response;

use crate::Messenger;
use crate::frames::{self, Frames};

impl Messenger {
    /// A cookie opens a socket from the front end's own pages alone.
    pub(crate) async fn open_socket(self, request: &mut Request) -> Result<Response, Refused> {
        let opening = request.opening(&self.config.origins)?;
        if opening.origin() != OriginCheck::Allowed {
            let detail = "the Origin is not allowed";
            return Err(Refused::new(Code::OriginNotAllowed, detail));
        }
        let identity = self.identify(request).await?;
        let config = self.config.socket.clone();
        Ok(opening.answer(config, |socket| self.connect(socket, identity))?)
    }

    async fn connect(self, socket: Socket, identity: Identity) {
        let format = Frames {
            user: identity.user.clone(),
            config: self.config,
        };
        let served = socket.serve(self.chat, &identity, format, None, Listening);
        served.await;
    }

    /// Tells everybody who is online, whenever somebody comes or goes. Never returns; spawn it where sockets are
    /// served.
    pub async fn tell_who_is_online(&self) {
        let hub = self.chat.hub();
        let mut moves = hub.moves();
        while moves.changed().await.is_ok() {
            let everybody = hub.everybody();
            let online = frames::online(&everybody);
            for connection in &everybody {
                connection.outbox().send_frame(online.clone());
            }
        }
    }
}

/// A connection of the front end.
struct Listening(Subscription);

impl Receiver for Listening {
    fn subscription(&mut self) -> &mut Subscription {
        &mut self.0
    }

    /// The front end sends its messages by requests. What it says here is counted, so that it does not go on.
    async fn receive(&mut self, _payload: &[u8]) {
        // Over the rate, the connection is closed.
        let _ = self.0.count_frame();
        std::future::ready(()).await;
    }

    fn closing(&mut self, _code: CloseCode) {}
}
