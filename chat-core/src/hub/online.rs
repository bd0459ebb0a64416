//! Telling everybody who is online.

use std::collections::BTreeSet;

use super::Hub;
use crate::id::UserId;
use crate::protocol::Frame;

impl Hub {
    /// At once, and whenever a connection comes or goes here, sends every connection what `frame` makes of who is
    /// online, each user once; several changes at once may be one frame. Goes on as long as the hub: run it beside the
    /// server.
    ///
    /// For a service of one node and few users: each change costs a frame per connection.
    pub async fn tell_who_is_online(&self, frame: impl Fn(&BTreeSet<&UserId>) -> Frame + Send) {
        let mut moves = self.moves();
        loop {
            let everybody = self.everybody();
            let users = everybody.iter().map(|one| one.user()).collect();
            let frame = frame(&users);
            for connection in &everybody {
                connection.outbox().send_frame(frame.clone());
            }
            if moves.changed().await.is_err() {
                return;
            }
        }
    }
}
