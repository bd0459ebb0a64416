//! A batch of events on its way to a topic's subscribers: encoded once, written to one bunch of sockets after another.

use std::sync::Arc;

use crate::hub::WireFormat;
use crate::hub::topic::State;
use crate::protocol::{Event, Frame};

/// A round through a topic's subscribers, from the last one to the first. While it is on its way some come, who are
/// behind it and have had what it brings from the store, and some go, whose places are taken by the last.
#[derive(Debug)]
pub(super) struct Round {
    events: Vec<Arc<Event>>,
    formats: Vec<(Arc<dyn WireFormat>, Frames)>,
    /// Who is at this place or behind it was visited.
    unvisited: usize,
}

/// A batch's frames in one format; none for an event that it does not show.
type Frames = Vec<Option<Frame>>;

impl Round {
    /// A round with what [`State::take_batch`] gave.
    pub(super) fn new(events: Vec<Arc<Event>>, state: &State) -> Self {
        Self {
            events,
            formats: Vec::new(),
            unvisited: state.subscribers.len(),
        }
    }

    /// What it brings.
    pub(super) fn events(&self) -> &[Arc<Event>] {
        &self.events
    }

    /// How many are still to be visited, at most.
    pub(super) const fn unvisited(&self) -> usize {
        self.unvisited
    }

    /// Visits the next bunch of that many: whatever their sockets take at once is written.
    pub(super) fn visit(&mut self, state: &mut State, bunch: usize) {
        let end = self.unvisited.min(state.subscribers.len());
        let start = end.saturating_sub(bunch);
        self.unvisited = start;
        let number = state.round;
        let bunch = state.subscribers.as_mut_slice();
        let Some(bunch) = bunch.get_range_mut(start..end) else {
            return;
        };
        // Before anything else, so that the connections come from memory all at once and not one after the other.
        for subscriber in bunch.values() {
            self.encode(subscriber.connection.format());
        }
        for subscriber in bunch.values_mut() {
            if std::mem::replace(&mut subscriber.round, number) == number {
                continue;
            }
            let place = self.encode(subscriber.connection.format());
            subscriber.send(&self.events, &self.formats[place].1);
        }
    }

    /// The place of the frames in a format.
    fn encode(&mut self, format: &Arc<dyn WireFormat>) -> usize {
        let mut known = self.formats.iter();
        let place = known.position(|(known, _)| Arc::ptr_eq(known, format));
        place.unwrap_or_else(|| {
            let frames = self.events.iter().map(|event| format.encode(event));
            let frames = frames.collect();
            self.formats.push((Arc::clone(format), frames));
            self.formats.len() - 1
        })
    }
}
