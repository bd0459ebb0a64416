//! One topic: who hears of it, how far its log has gone out, and what waits to go out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::hub::subscriber::{Stage, Subscriber};
use crate::hub::{Connection, ConnectionId, Position};
use crate::id::{ConversationId, Rev, Seq, UserId};
use crate::model::Member;
use crate::presence::Topic as Key;
use crate::protocol::{Event, PresenceView};
use crate::sync::{Mutex, MutexGuard};

/// How many events go out in one batch.
const BATCH: usize = 64;

/// How many entries may wait in a topic. Beyond that events are not kept: the log has them, and
/// the gap is read from it.
const MAX_PENDING: usize = 4_096;

/// What a topic has to do, in order.
#[derive(Debug)]
pub(super) enum Pending {
    /// Tell an event, in its place in the log.
    Event(Arc<Event>),
    /// Tell an event that was read from the store: revs between it and the last one are of rows
    /// that changed again since, which follow.
    Healed(Arc<Event>),
    /// With the healed events everything up to here went out.
    Complete(Rev),
    /// The store was seen at this rev, or may be anywhere: read what is missing.
    Check(Option<Rev>),
    /// Let new members in.
    Join(Join),
}

/// Users who are members as of a rev.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) users: Vec<UserId>,
    pub(super) rev: Rev,
    /// They see messages with a seq above this one.
    pub(super) visible_from: Seq,
    /// What to tell them.
    pub(super) event: Arc<Event>,
}

/// What a topic does next.
#[derive(Debug)]
pub(super) enum Batch {
    /// Tell these.
    Events(Vec<Arc<Event>>),
    /// Let these in.
    Join(Join),
    /// Read what the log has behind.
    Gap(Gap),
    /// Nothing.
    Empty,
}

/// What is missing of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// Up to here everything went out.
    pub(super) since: Rev,
    /// The rev that something waits for; none if the store is only to be looked into.
    pub(super) wanted: Option<Rev>,
}

/// A topic with at least one subscriber. The state is locked before the inbox.
#[derive(Debug)]
pub(super) struct Topic {
    key: Key,
    inbox: Mutex<Inbox>,
    state: Mutex<State>,
}

/// What waits to go out. Whoever brings more waits for nobody who writes.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    pub(super) pending: VecDeque<Pending>,
    /// Somebody is working `pending` off.
    pub(super) running: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) subscribers: IndexMap<ConnectionId, Subscriber>,
    /// The last rev that went out, or does with the batch that is on its way; only conversations have one.
    pub(super) last_rev: Rev,
    /// The last rev that went out to who was not visited in this round.
    before: Rev,
    /// Number of the latest batch.
    pub(super) round: u64,
    /// What was last told of a user's presence; only topics of presence have it.
    pub(super) told: Option<PresenceView>,
    /// Whether what is missing may still come by itself.
    pub(super) patience: Patience,
    /// Taken out of the registry: look it up again.
    pub(super) dead: bool,
}

/// How long the bus is waited for to bring what another node committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Patience {
    /// Nothing is missing.
    #[default]
    Unneeded,
    /// For what follows this rev, a moment.
    Waiting(Rev),
    /// What follows this rev did not come.
    Over(Rev),
}

impl Topic {
    pub(super) fn new(key: Key, last_rev: Rev) -> Self {
        Self {
            key,
            inbox: Mutex::default(),
            state: Mutex::new(State {
                last_rev,
                ..State::default()
            }),
        }
    }

    pub(super) const fn key(&self) -> &Key {
        &self.key
    }

    pub(super) const fn conversation(&self) -> Option<ConversationId> {
        match self.key {
            Key::Conversation(id) => Some(id),
            Key::User(_) | Key::Presence(_) | Key::Nodes => None,
        }
    }

    /// Adds work; true if the caller is to start working it off.
    pub(super) fn enqueue(&self, pending: impl IntoIterator<Item = Pending>) -> bool {
        self.inbox().add(pending)
    }

    /// Where `connection` stands, if it gets this conversation's events.
    pub(super) fn position(&self, connection: ConnectionId) -> Option<Position> {
        let conversation = self.conversation()?;
        let state = self.lock();
        let subscriber = state.subscribers.get(&connection)?;
        match subscriber.stage {
            // A topic that is behind the store tells this connection nothing up to where it was opened.
            Stage::Open(after) => Some(Position {
                conversation,
                rev: state.reached(subscriber).max(after),
            }),
            Stage::Opening(_) => None,
        }
    }

    /// How far the log has gone out.
    pub(super) fn last_rev(&self) -> Rev {
        self.lock().last_rev
    }

    /// Nobody hears of it and nothing is to be done.
    pub(super) fn is_idle(&self, state: &State) -> bool {
        state.subscribers.is_empty() && self.inbox().pending.is_empty()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbox {
    /// Adds work; true if the caller is to start working it off.
    fn add(&mut self, pending: impl IntoIterator<Item = Pending>) -> bool {
        for entry in pending {
            self.add_pending(entry);
        }
        !self.pending.is_empty() && !std::mem::replace(&mut self.running, true)
    }

    fn add_pending(&mut self, entry: Pending) {
        if self.pending.len() < MAX_PENDING {
            self.pending.push_back(entry);
        } else if !matches!(self.pending.back(), Some(Pending::Check(None))) {
            self.pending.push_back(Pending::Check(None));
        }
    }

    /// The next entry behind the rev `last`; the next rev, if the first entry waits for it: nodes publish independently
    /// of each other, so that the bus may carry what they committed in another order.
    fn next_entry(&mut self, last: Rev) -> Option<Pending> {
        let next = last.next();
        let waits = self.pending.front()?.wants().is_some_and(|rev| rev > next);
        let place = waits.then(|| {
            let is_next =
                |entry: &Pending| matches!(entry, Pending::Event(_)) && entry.wants() == Some(next);
            self.pending.iter().position(is_next)
        });
        self.pending.remove(place.flatten().unwrap_or(0))
    }

    /// Puts what the store had, complete up to `head`, in front of what waits. If the first entry wanted more
    /// than that, it is dropped: whatever is told was committed before, so that the store would know.
    pub(super) fn splice(&mut self, events: Vec<Event>, head: Rev, wanted: Option<Rev>) {
        if wanted.is_some_and(|rev| rev > head) {
            self.pending.pop_front();
        }
        self.pending.push_front(Pending::Complete(head));
        for event in events.into_iter().rev() {
            self.pending.push_front(Pending::Healed(event.into()));
        }
    }
}

impl State {
    /// Those who hear of it.
    pub(super) fn connections(&self) -> Vec<Arc<Connection>> {
        let subscribers = self.subscribers.values();
        let connections = subscribers.map(|subscriber| Arc::clone(&subscriber.connection));
        connections.collect()
    }

    /// How far the log has gone out to a subscriber: not all may have been visited yet in the latest round.
    const fn reached(&self, subscriber: &Subscriber) -> Rev {
        if self.has_visited(subscriber) {
            self.last_rev
        } else {
            self.before
        }
    }

    /// Whether a subscriber has had what the latest round brings.
    pub(super) const fn has_visited(&self, subscriber: &Subscriber) -> bool {
        subscriber.round == self.round
    }

    /// Whether the user was online when that was last told.
    pub(super) fn was_told_online(&self) -> Option<bool> {
        self.told.as_ref().map(|told| told.online)
    }

    /// Subscribes `connection`, unless it is subscribed already.
    pub(super) fn subscribe(
        &mut self,
        topic: &Arc<Topic>,
        connection: &Arc<Connection>,
        stage: Stage,
        visible_from: Seq,
    ) {
        if let Entry::Vacant(entry) = self.subscribers.entry(connection.id())
            && connection.add_topic(topic)
        {
            entry.insert(Subscriber {
                connection: Arc::clone(connection),
                stage,
                visible_from,
                round: self.round,
            });
        }
    }

    /// Takes what goes out together: in order, without a gap, and nothing behind a removal, which
    /// changes who gets the rest. If these are events, a round of them begins.
    pub(super) fn take_batch(&mut self, inbox: &mut Inbox) -> Batch {
        let before = self.last_rev;
        let mut events = Vec::new();
        while events.len() < BATCH
            && let Some(entry) = inbox.next_entry(self.last_rev)
        {
            match self.weigh(entry) {
                Weighed::Pass => {}
                Weighed::Tell(event) => {
                    let cut = matches!(*event, Event::MemberRemoved { .. });
                    events.push(event);
                    if cut {
                        break;
                    }
                }
                Weighed::Admit(join) if events.is_empty() => return Batch::Join(join),
                Weighed::Admit(join) => {
                    inbox.pending.push_front(Pending::Join(join));
                    break;
                }
                Weighed::Wait(entry, wanted) => {
                    if events.is_empty() && wanted.is_none() {
                        return self.gap(None);
                    }
                    inbox.pending.push_front(entry);
                    if events.is_empty() {
                        return self.gap(wanted);
                    }
                    break;
                }
            }
        }
        if events.is_empty() {
            return Batch::Empty;
        }
        self.before = before;
        self.round += 1;
        Batch::Events(events)
    }

    const fn gap(&self, wanted: Option<Rev>) -> Batch {
        let since = self.last_rev;
        Batch::Gap(Gap { since, wanted })
    }

    /// What to do with the next entry, given how far the log has gone out.
    fn weigh(&mut self, entry: Pending) -> Weighed {
        let last = self.last_rev;
        match entry {
            Pending::Event(event) => match event.rev() {
                None => self.weigh_momentary(event),
                Some((_, rev)) if rev <= last => Weighed::Pass,
                Some((_, rev)) if rev == last.next() => self.tell(event, rev),
                Some((_, rev)) => Weighed::Wait(Pending::Event(event), Some(rev)),
            },
            Pending::Healed(event) => match event.rev() {
                Some((_, rev)) if rev > last => self.tell(event, rev),
                _ => Weighed::Pass,
            },
            Pending::Complete(rev) => {
                self.last_rev = last.max(rev);
                Weighed::Pass
            }
            Pending::Check(Some(rev)) if rev <= last => Weighed::Pass,
            Pending::Check(wanted) => Weighed::Wait(entry, wanted),
            Pending::Join(join) if join.rev > last => {
                let wanted = Some(join.rev);
                Weighed::Wait(Pending::Join(join), wanted)
            }
            Pending::Join(join) => Weighed::Admit(join),
        }
    }

    /// Several nodes may find out that a user came or went: that is told once.
    fn weigh_momentary(&mut self, event: Arc<Event>) -> Weighed {
        if let Event::PresenceChanged(presence) = &*event {
            if self.was_told_online() == Some(presence.online) {
                return Weighed::Pass;
            }
            self.told = Some(presence.clone());
        }
        Weighed::Tell(event)
    }

    fn tell(&mut self, event: Arc<Event>, rev: Rev) -> Weighed {
        self.last_rev = rev;
        Weighed::Tell(event)
    }

    /// Takes what is known of members who may have left and come back in a gap.
    pub(super) fn hide_from(&mut self, members: &[Member]) {
        let returned: HashMap<&UserId, Seq> = members
            .iter()
            .filter(|member| member.visible_from > Seq::ZERO)
            .map(|member| (&member.user, member.visible_from))
            .collect();
        if returned.is_empty() {
            return;
        }
        for subscriber in self.subscribers.values_mut() {
            if let Some(from) = returned.get(subscriber.connection.user()) {
                subscriber.hide(*from);
            }
        }
    }
}

impl Pending {
    /// The rev that it is at or waits for.
    fn wants(&self) -> Option<Rev> {
        match self {
            Self::Event(event) => Some(event.rev()?.1),
            Self::Check(wanted) => *wanted,
            Self::Join(join) => Some(join.rev),
            Self::Healed(_) | Self::Complete(_) => None,
        }
    }
}

/// What one entry comes to.
enum Weighed {
    /// It went out before, or is done with.
    Pass,
    /// It goes out now.
    Tell(Arc<Event>),
    /// Members come in.
    Admit(Join),
    /// First the log must have gone out up to this rev; to wherever it is, if none is named.
    Wait(Pending, Option<Rev>),
}
