//! The front end's connections: they hear of messages and of who is online, and say nothing.

use std::sync::Arc;

use chat_core::session::Listening;
use chat_transport_warp::host::{Refused, Request};
use chat_transport_warp::ws::{Socket, SocketConfig};
use warp::reply::Response;

use crate::Messenger;
use crate::frames::{self, Frames};

impl Messenger {
    /// A cookie opens a socket from the front end's own pages alone.
    pub(crate) async fn open_socket(self, request: &mut Request) -> Result<Response, Refused> {
        let opening = request.own_opening()?;
        let identity = self.identify(request).await?;
        let format = Frames {
            user: identity.user.clone(),
            config: Arc::clone(&self.config),
        };
        let serve = async move |socket: Socket| {
            let served = socket.serve(self.chat, &identity, format, None, Listening::new);
            served.await;
        };
        Ok(opening.answer(SocketConfig::default(), serve)?)
    }

    /// Tells everybody who is online, whenever somebody comes or goes: part of [`run_beside`](Self::run_beside).
    pub async fn tell_who_is_online(&self) {
        self.chat.hub().tell_who_is_online(frames::online).await;
    }
}
