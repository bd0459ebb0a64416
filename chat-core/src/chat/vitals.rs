//! How a node is doing, in numbers.

use crate::chat::Chat;
use crate::chat::notices::Notices;

/// A node's state at one moment; what happens over time is counted through the `metrics` facade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vitals {
    /// WebSockets, or what a host takes for such.
    pub connections: usize,
    /// Conversations and users whose events somebody here hears of.
    pub topics: usize,
    /// Messages that wait for the store, at most [`Limits::waiting_drafts`](crate::protocol::Limits) and as many
    /// for each conversation that is held.
    pub waiting_sends: usize,
    /// Markers that wait for the store.
    pub waiting_marks: usize,
    /// Conversations with messages that members may have to be told of by the notifier, at most
    /// [`Limits::waiting_notices`](crate::protocol::Limits).
    pub waiting_notices: usize,
    /// Other nodes that were heard of within the last seconds.
    pub nodes_heard: usize,
    /// False while other nodes may not be heard, and the store is asked often instead.
    pub bus_is_good: bool,
    /// Whether the node is going away.
    pub draining: bool,
}

impl Chat {
    /// How the node is doing.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        let hub = self.hub();
        Vitals {
            connections: hub.connections(),
            topics: hub.topics(),
            waiting_sends: self.shared.appends.waiting(),
            waiting_marks: self.shared.marks.waiting(),
            waiting_notices: self.shared.notices.as_ref().map_or(0, Notices::waiting),
            nodes_heard: hub.nodes_heard(),
            bus_is_good: hub.hears_others(),
            draining: self.is_draining(),
        }
    }
}
