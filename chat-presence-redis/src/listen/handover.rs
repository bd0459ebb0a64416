//! Handing what is heard over to a node, without ever waiting for it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_core::id::NodeId;
use chat_core::presence::{BusEvent, Publication};
use redis::{PushInfo, PushKind, Value};
use tokio::sync::mpsc;

use crate::names::Names;
use crate::wire;

/// Hands what is heard over to a node.
#[derive(Debug)]
pub(crate) struct Handover {
    node: NodeId,
    names: Names,
    events: mpsc::Sender<BusEvent>,
    dropped: Arc<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The ears that hear nothing, by their numbers.
    deaf: HashSet<u64>,
    /// What the node is to be told before anything else.
    owed: Option<BusEvent>,
}

impl Handover {
    pub(crate) fn new(
        node: NodeId,
        names: Names,
        events: mpsc::Sender<BusEvent>,
        dropped: Arc<AtomicU64>,
    ) -> Self {
        Self {
            node,
            names,
            events,
            dropped,
            state: Mutex::default(),
        }
    }

    /// Ends when the node is gone. Cancel-safe.
    pub(crate) async fn gone(&self) {
        self.events.closed().await;
    }

    /// Whether the node is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.events.is_closed()
    }

    /// Takes a message from Redis: its channel and its bytes.
    pub(crate) fn take(&self, push: PushInfo) {
        if !matches!(push.kind, PushKind::Message | PushKind::SMessage) {
            return;
        }
        match self.read(push.data) {
            Some(publication) if publication.node == self.node => {}
            Some(publication) => self.publish(publication),
            None => self.drop_one(),
        }
    }

    fn read(&self, data: Vec<Value>) -> Option<Publication> {
        let [Value::BulkString(channel), Value::BulkString(message)] =
            <[Value; 2]>::try_from(data).ok()?
        else {
            return None;
        };
        let topic = self.names.topic(&channel)?;
        let (node, payload) = wire::decode(message)?;
        Some(Publication {
            topic,
            node,
            payload,
        })
    }

    /// Counts a message that cannot be believed. It is told at each doubling, so that a flood fills no log.
    fn drop_one(&self) {
        let count = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::debug!(
                count,
                "messages on the bus that are none of ours are dropped"
            );
        }
    }

    fn publish(&self, publication: Publication) {
        let mut state = self.state();
        self.settle(&mut state);
        let event = BusEvent::Published(publication);
        if state.owed.is_some() || self.events.try_send(event).is_err() {
            owe_lagged(&mut state);
        }
    }

    /// An ear hears nothing.
    pub(crate) fn deafen(&self, ear: u64) {
        let mut state = self.state();
        let was_whole = state.deaf.is_empty();
        if state.deaf.insert(ear) && was_whole {
            state.owed = Some(BusEvent::Disconnected);
        }
        self.settle(&mut state);
    }

    /// An ear hears, or is needed no more.
    pub(crate) fn hear(&self, ear: u64) {
        let mut state = self.state();
        if state.deaf.remove(&ear) && state.deaf.is_empty() {
            state.owed = Some(BusEvent::Lagged);
        }
        self.settle(&mut state);
    }

    /// Something may have been lost.
    pub(crate) fn lose(&self) {
        let mut state = self.state();
        owe_lagged(&mut state);
        self.settle(&mut state);
    }

    /// Tells what is owed, if there is room now.
    pub(crate) fn flush(&self) {
        self.settle(&mut self.state());
    }

    fn settle(&self, state: &mut State) {
        if let Some(event) = state.owed.take()
            && self.events.try_send(event.clone()).is_err()
        {
            state.owed = Some(event);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While an ear hears nothing, the end of that tells of every loss.
fn owe_lagged(state: &mut State) {
    if state.deaf.is_empty() {
        state.owed = Some(BusEvent::Lagged);
    }
}

#[cfg(test)]
mod tests {
    use chat_core::presence::Topic;

    use super::*;

    fn handover(capacity: usize) -> (Handover, mpsc::Receiver<BusEvent>) {
        let (sender, events) = mpsc::channel(capacity);
        let names = Names::new("chat").unwrap();
        let handover = Handover::new(NodeId::new(), names, sender, Arc::default());
        (handover, events)
    }

    fn message(payload: &[u8]) -> PushInfo {
        let channel = Value::BulkString(b"chat:nodes".to_vec());
        let message = Value::BulkString(wire::encode(NodeId::new(), payload));
        PushInfo {
            kind: PushKind::Message,
            data: vec![channel, message],
        }
    }

    fn payload(event: Option<BusEvent>) -> String {
        match event {
            Some(BusEvent::Published(Publication { topic, payload, .. })) => {
                assert_eq!(topic, Topic::Nodes);
                String::from_utf8(payload.to_vec()).unwrap()
            }
            other => panic!("expected a publication, got {other:?}"),
        }
    }

    #[test]
    fn a_loss_is_told_before_anything_later() {
        let (handover, mut events) = handover(1);
        for text in ["one", "lost", "lost"] {
            handover.take(message(text.as_bytes()));
        }
        assert_eq!(payload(events.try_recv().ok()), "one");
        handover.take(message(b"lost, for the room goes to the news of it"));
        assert_eq!(events.try_recv().ok(), Some(BusEvent::Lagged));
        handover.flush();
        assert_eq!(events.try_recv().ok(), Some(BusEvent::Lagged));
        handover.take(message(b"two"));
        assert_eq!(payload(events.try_recv().ok()), "two");
    }

    #[test]
    fn an_outage_of_several_servers_is_told_once() {
        let (handover, mut events) = handover(8);
        handover.deafen(1);
        handover.deafen(2);
        handover.deafen(1);
        handover.hear(1);
        assert_eq!(events.try_recv().ok(), Some(BusEvent::Disconnected));
        assert!(events.try_recv().is_err(), "the other is still away");
        handover.hear(2);
        handover.hear(2);
        assert_eq!(events.try_recv().ok(), Some(BusEvent::Lagged));
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn an_outage_that_found_no_room_is_told_as_a_loss() {
        let (handover, mut events) = handover(1);
        handover.take(message(b"one"));
        handover.deafen(1);
        handover.hear(1);
        assert_eq!(payload(events.try_recv().ok()), "one");
        handover.flush();
        assert_eq!(events.try_recv().ok(), Some(BusEvent::Lagged));
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn what_is_not_understood_is_counted_and_dropped() {
        let (handover, mut events) = handover(8);
        let mut foreign = message(b"");
        foreign.data[1] = Value::BulkString(b"garbage".to_vec());
        let mut elsewhere = message(b"");
        elsewhere.data[0] = Value::BulkString(b"other:nodes".to_vec());
        let mut short = message(b"");
        short.data.pop();
        for push in [foreign, elsewhere, short] {
            handover.take(push);
        }
        assert_eq!(handover.dropped.load(Ordering::Relaxed), 3);
        assert!(events.try_recv().is_err());
    }
}
