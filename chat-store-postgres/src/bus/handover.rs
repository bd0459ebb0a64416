//! Handing what is heard over to a node, without ever waiting for it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chat_core::id::NodeId;
use chat_core::presence::{BusEvent, Publication, Topic};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::assembly::Assembly;
use super::wire::{self, Part};

/// What a node is to hear, and where to put it.
#[derive(Debug)]
pub(super) struct Handover {
    node: NodeId,
    events: mpsc::Sender<BusEvent>,
    dropped: Arc<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    topics: HashSet<Topic>,
    assembly: Assembly,
    is_deaf: bool,
    /// When something was heard last.
    heard: Instant,
    /// What the node is to be told before anything else.
    owed: Option<BusEvent>,
}

impl Handover {
    pub(super) fn new(
        node: NodeId,
        events: mpsc::Sender<BusEvent>,
        dropped: Arc<AtomicU64>,
    ) -> Self {
        let state = State {
            topics: HashSet::new(),
            assembly: Assembly::default(),
            is_deaf: false,
            heard: Instant::now(),
            owed: None,
        };
        Self {
            node,
            events,
            dropped,
            state: Mutex::new(state),
        }
    }

    pub(super) const fn node(&self) -> NodeId {
        self.node
    }

    /// Ends when the node is gone. Cancel-safe.
    pub(super) async fn gone(&self) {
        self.events.closed().await;
    }

    /// Whether the node is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.events.is_closed()
    }

    pub(super) fn subscribe(&self, topics: &[Topic]) {
        self.state().topics.extend(topics.iter().cloned());
    }

    pub(super) fn unsubscribe(&self, topics: &[Topic]) {
        let mut state = self.state();
        for topic in topics {
            state.topics.remove(topic);
        }
    }

    /// For how long nothing was heard.
    pub(super) fn silence(&self) -> Duration {
        self.state().heard.elapsed()
    }

    /// Takes a notification.
    pub(super) fn take(&self, text: &str) {
        let mut state = self.state();
        state.heard = Instant::now();
        let Some(part) = Part::read(text) else {
            return self.drop_some(1);
        };
        if part.is_beat() || part.node == self.node {
            return;
        }
        let added = state.assembly.add(&part);
        self.drop_some(added.dropped);
        if let Some(message) = added.whole {
            self.hand(&mut state, part.node, message);
        }
    }

    fn hand(&self, state: &mut State, node: NodeId, message: Bytes) {
        let Some(publications) = wire::publications(node, message) else {
            return self.drop_some(1);
        };
        for publication in publications {
            if state.topics.contains(&publication.topic) {
                self.publish(state, publication);
            }
        }
    }

    fn publish(&self, state: &mut State, publication: Publication) {
        self.settle(state);
        let event = BusEvent::Published(publication);
        if state.owed.is_some() || self.events.try_send(event).is_err() {
            state.owed = Some(BusEvent::Lagged);
        }
    }

    /// Nothing can be heard.
    pub(super) fn deafen(&self) {
        let mut state = self.state();
        if !state.is_deaf {
            state.is_deaf = true;
            state.owed = Some(BusEvent::Disconnected);
        }
        self.settle(&mut state);
    }

    /// From here on everything is heard.
    pub(super) fn hear(&self) {
        let mut state = self.state();
        state.assembly = Assembly::default();
        state.heard = Instant::now();
        if state.is_deaf {
            state.is_deaf = false;
            state.owed = Some(BusEvent::Lagged);
        }
        self.settle(&mut state);
    }

    /// Tells what is owed, if there is room now.
    pub(super) fn flush(&self) {
        self.settle(&mut self.state());
    }

    fn settle(&self, state: &mut State) {
        if let Some(event) = state.owed.take()
            && self.events.try_send(event.clone()).is_err()
        {
            state.owed = Some(event);
        }
    }

    /// Counts what cannot be believed. It is told at each doubling, so that a flood fills no log.
    fn drop_some(&self, some: u64) {
        if some == 0 {
            return;
        }
        let before = self.dropped.fetch_add(some, Ordering::Relaxed);
        let count = before + some;
        if count.ilog2() > before.max(1).ilog2() || before == 0 {
            tracing::debug!(
                count,
                "notifications on the bus that are none of ours are dropped"
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handover(capacity: usize) -> (Handover, mpsc::Receiver<BusEvent>) {
        let (sender, events) = mpsc::channel(capacity);
        let handover = Handover::new(NodeId::new(), sender, Arc::default());
        handover.subscribe(&[Topic::Nodes]);
        (handover, events)
    }

    fn published(text: &'static str) -> Publication {
        Publication {
            topic: Topic::Nodes,
            node: NodeId::new(),
            payload: Bytes::from_static(text.as_bytes()),
        }
    }

    fn take(handover: &Handover, publication: &Publication) {
        for text in wire::notifications(std::slice::from_ref(publication), || 1) {
            handover.take(&text);
        }
    }

    #[test]
    fn a_loss_is_told_before_anything_later() {
        let (handover, mut events) = handover(1);
        let [one, two] = ["one", "two"].map(published);
        for publication in [&one, &published("lost"), &published("lost")] {
            take(&handover, publication);
        }
        assert_eq!(events.try_recv(), Ok(BusEvent::Published(one)));
        handover.flush();
        assert_eq!(events.try_recv(), Ok(BusEvent::Lagged));
        take(&handover, &two);
        assert_eq!(events.try_recv(), Ok(BusEvent::Published(two)));
    }

    #[test]
    fn an_outage_is_told_once_and_so_is_its_end() {
        let (handover, mut events) = handover(8);
        handover.hear();
        handover.deafen();
        handover.deafen();
        handover.hear();
        handover.hear();
        assert_eq!(events.try_recv(), Ok(BusEvent::Disconnected));
        assert_eq!(events.try_recv(), Ok(BusEvent::Lagged));
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn an_outage_that_found_no_room_is_told_as_a_loss() {
        let (handover, mut events) = handover(1);
        let one = published("one");
        take(&handover, &one);
        handover.deafen();
        handover.hear();
        assert_eq!(events.try_recv(), Ok(BusEvent::Published(one)));
        handover.flush();
        assert_eq!(events.try_recv(), Ok(BusEvent::Lagged));
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn what_is_half_heard_before_an_outage_is_not_joined_to_what_follows() {
        let (handover, mut events) = handover(8);
        let publication = Publication {
            payload: Bytes::from(vec![1; 9_000]),
            ..published("")
        };
        let parts = wire::notifications(&[publication], || 1);
        handover.take(&parts[0]);
        handover.deafen();
        handover.hear();
        handover.take(&parts[1]);
        assert_eq!(events.try_recv(), Ok(BusEvent::Disconnected));
        assert_eq!(events.try_recv(), Ok(BusEvent::Lagged));
        assert!(events.try_recv().is_err());
    }
}
