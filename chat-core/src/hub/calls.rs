//! Signals of calls: told to the devices of two users, and kept nowhere.

use crate::hub::nodes::Told;
use crate::hub::{ConnectionId, Hub, deliver};
use crate::presence::Topic as Key;
use crate::protocol::{CallSignal, Event};

impl Hub {
    /// Tells a signal to every connection of the user it is for, on any node; and, where it settles who takes the
    /// call, to the sender's own but `except`, so that they ring no more.
    ///
    /// The caller has asked whether the two may call each other.
    pub fn signal(&self, signal: CallSignal, except: Option<ConnectionId>) {
        let settled = signal.signal.settles().then(|| signal.from.clone());
        let to = signal.to.clone();
        let event = Event::CallSignal(signal);
        self.publish_to_user(&to, &event);
        let Some(from) = settled else { return };
        let told = Told::Event {
            after: None,
            event: &event,
        };
        self.shared.nodes.tell(Key::User(from.clone()), &told);
        let others = self.shared.registry.connections(&from).into_iter();
        for connection in others.filter(|connection| Some(connection.id()) != except) {
            deliver::to_connection(&connection, &event);
        }
    }
}
