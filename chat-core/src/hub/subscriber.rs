//! One of those who hear of a topic: how far its subscription is, and which events are for it.

use std::sync::Arc;

use crate::hub::Connection;
use crate::id::{Rev, Seq, UserId};
use crate::protocol::{Event, Frame};

/// How many events are noted for a subscriber that is not open yet.
const MAX_NOTED: usize = 256;

/// A connection that hears of a topic.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) connection: Arc<Connection>,
    pub(super) stage: Stage,
    /// Messages up to here are not for it, neither new nor revised. A gap may hide that its user was away: what is
    /// read from the store tells of a member who left and came back only that it is one.
    pub(super) visible_from: Seq,
    /// The latest batch that it was visited with, or was not to be.
    pub(super) round: u64,
}

/// How far a subscription is.
#[derive(Debug)]
pub(super) enum Stage {
    /// The store is still being asked whether and from where: what happens is noted. None if too
    /// much happened.
    Opening(Option<Vec<Arc<Event>>>),
    /// It gets every event after this rev.
    Open(Rev),
}

impl Subscriber {
    /// Writes those of a batch's events that are for it now, by their frames in its format; notes what may be later.
    pub(super) fn send(&mut self, events: &[Arc<Event>], frames: &[Option<Frame>]) {
        let (stage, from) = (&mut self.stage, self.visible_from);
        let due = events.iter().zip(frames).filter_map(|(event, frame)| {
            let due = !is_hidden(event, from) && stage.admits(event);
            frame.as_ref().filter(|_| due)
        });
        self.connection.outbox().send_live(due);
    }

    /// Whether an event is of a message from a time when its user was no member.
    pub(super) fn is_hidden(&self, event: &Event) -> bool {
        is_hidden(event, self.visible_from)
    }

    /// Messages up to `seq` are not for it.
    pub(super) fn hide(&mut self, seq: Seq) {
        self.visible_from = self.visible_from.max(seq);
    }

    /// Whether the removal of its user at `rev` ends it. One that began later is of a later membership; one that
    /// is not open yet has noted the removal.
    pub(super) fn ends_with(&self, user: &UserId, rev: Rev) -> bool {
        matches!(self.stage, Stage::Open(after) if after < rev) && self.connection.user() == user
    }
}

/// Whether an event is of a message up to `seq`. It passes a subscriber by who is not to see those: the next one has a
/// higher rev, and no one counts revs.
fn is_hidden(event: &Event, seq: Seq) -> bool {
    matches!(
        event,
        Event::MessageCreated { message } | Event::MessageUpdated { message } if message.seq <= seq
    )
}

impl Stage {
    /// Whether an event goes out to the subscriber now; notes it if it may have to later.
    fn admits(&mut self, event: &Arc<Event>) -> bool {
        match (event.rev(), self) {
            (None, stage) => matches!(stage, Self::Open(_)),
            (Some((_, rev)), Self::Open(after)) => rev > *after,
            (Some(_), Self::Opening(noted)) => {
                match noted {
                    Some(events) if events.len() < MAX_NOTED => events.push(Arc::clone(event)),
                    _ => *noted = None,
                }
                false
            }
        }
    }
}
