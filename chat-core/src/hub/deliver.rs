//! Working a topic's events off: in order by rev, encoded once, written where the batch is.
//!
//! One task at a time works a topic off, batch by batch. It locks the topic's state for one bunch of sockets after the
//! other; who brings more only needs the inbox.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::defects::{self, Defect};
use crate::hub::round::Round;
use crate::hub::topic::{Batch, Gap, Patience, State, Topic};
use crate::hub::{Connection, Hub, WireFormat};
use crate::id::{Rev, UserId};
use crate::protocol::{CloseCode, Event, Frame};
use crate::store::Since;
use crate::sync::MutexGuard;

/// How many sockets are written at once, while their topic is locked: whoever comes, leaves or resumes in it waits for
/// them. More are left to a task of their own, which yields between them.
const BUNCH: usize = 64;

/// How long the bus may take to bring what another node committed before it is read from the store.
const PATIENCE: Duration = Duration::from_millis(20);

/// Tells one connection an event that is for it alone.
pub(super) fn to_connection(connection: &Connection, event: &Event) {
    queue(connection, event);
    connection.outbox().flush();
}

/// Tells one connection an event with what is written next.
pub(super) fn queue(connection: &Connection, event: &Event) {
    if let Some(frame) = encode(connection, event) {
        connection.outbox().queue_live([&frame]);
    }
}

/// An event for one connection, which is closed if its format panics at it.
pub(super) fn encode(connection: &Connection, event: &Event) -> Option<Frame> {
    PerFormat::new(event).by(connection)
}

/// An event's frames, once per format.
pub(super) struct PerFormat<'a> {
    event: &'a Event,
    formats: Vec<(Arc<dyn WireFormat>, Option<Frame>)>,
}

impl<'a> PerFormat<'a> {
    pub(super) const fn new(event: &'a Event) -> Self {
        Self {
            event,
            formats: Vec::new(),
        }
    }

    /// The frame for this connection, which is closed if its format panics.
    pub(super) fn by(&mut self, connection: &Connection) -> Option<Frame> {
        let format = connection.format();
        let mut known = self.formats.iter();
        if let Some((_, frame)) = known.find(|(known, _)| Arc::ptr_eq(known, format)) {
            return frame.clone();
        }
        let Some(frame) = contained(|| format.encode(self.event)) else {
            connection.outbox().close(CloseCode::Internal);
            return None;
        };
        self.formats.push((Arc::clone(format), frame.clone()));
        frame
    }
}

/// Works a topic off: here, if that is little work and needs no query, else in a task, so that a send into a large room
/// does not keep its sender waiting.
pub(super) fn start(hub: Hub, topic: Arc<Topic>) {
    contained(|| work_off(hub, topic));
}

/// Does something in which a host's wire format may panic: that is none of the caller's business, who may serve
/// everybody.
fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    if done.is_err() {
        tracing::error!("a panic while events went out");
    }
    done.ok()
}

fn work_off(hub: Hub, topic: Arc<Topic>) {
    let mut work = Work(Some(Arc::clone(&topic)));
    loop {
        match hub.step(&topic) {
            Step::Idle => return work.done(),
            Step::Told => {}
            Step::Admitted(connections) if connections.len() <= BUNCH => {
                flush(&connections);
            }
            step @ (Step::Admitted(_) | Step::Tell(_) | Step::Gap(_)) => {
                tokio::spawn(run(hub, topic, step));
                return work.done();
            }
        }
    }
}

async fn run(hub: Hub, topic: Arc<Topic>, mut step: Step) {
    let mut work = Work(Some(Arc::clone(&topic)));
    loop {
        match step {
            Step::Idle => return work.done(),
            Step::Told => {}
            Step::Tell(round) => hub.tell(&topic, round).await,
            Step::Admitted(connections) => {
                for some in connections.chunks(BUNCH) {
                    flush(some);
                    tokio::task::yield_now().await;
                }
            }
            Step::Gap(gap) => hub.heal(&topic, gap).await,
        }
        step = hub.step(&topic);
    }
}

/// A topic that is being worked off. If that panics, as a host's wire format may, its connections come back
/// and resume, and the topic can be worked off again.
struct Work(Option<Arc<Topic>>);

impl Work {
    fn done(&mut self) {
        self.0 = None;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(topic) = self.0.take()
            && std::thread::panicking()
            && !defects::is_on(Defect::PanicPoisonsLock)
        {
            give_up(&topic, None);
            topic.inbox().running = false;
        }
    }
}

fn flush(connections: &[Arc<Connection>]) {
    for connection in connections {
        connection.outbox().flush();
    }
}

/// What one step of a topic came to.
enum Step {
    /// There is nothing more to do.
    Idle,
    /// Events went out.
    Told,
    /// Events are to go out to many.
    Tell(Round),
    /// These connections' outboxes were filled and want to be written.
    Admitted(Vec<Arc<Connection>>),
    /// Some of the log is missing.
    Gap(Gap),
}

impl Hub {
    fn step(&self, topic: &Arc<Topic>) -> Step {
        let mut state = topic.lock();
        let mut inbox = topic.inbox();
        match state.take_batch(&mut inbox) {
            Batch::Events(events) => {
                drop(inbox);
                let mut round = Round::new(events, &state);
                if round.unvisited() > BUNCH {
                    return Step::Tell(round);
                }
                round.visit(&mut state, BUNCH);
                self.end(topic, state, &round);
                Step::Told
            }
            Batch::Join(join) => {
                drop(inbox);
                Step::Admitted(self.admit(topic, &mut state, &join))
            }
            Batch::Gap(gap)
                if self.may_come(&gap) && state.patience != Patience::Over(gap.since) =>
            {
                inbox.running = false;
                self.wait(topic, &mut state, gap.since);
                Step::Idle
            }
            Batch::Gap(gap) => Step::Gap(gap),
            Batch::Empty => {
                inbox.running = false;
                drop(inbox);
                let idle = state.subscribers.is_empty();
                drop(state);
                if idle {
                    self.shared.registry.sweep(topic);
                }
                Step::Idle
            }
        }
    }

    /// Goes on with a round until it is over, a bunch at a time.
    async fn tell(&self, topic: &Arc<Topic>, mut round: Round) {
        while self.go_on(topic, &mut round) {
            tokio::task::yield_now().await;
        }
    }

    /// Tells the next bunch; whether there are more.
    fn go_on(&self, topic: &Topic, round: &mut Round) -> bool {
        let mut state = topic.lock();
        round.visit(&mut state, BUNCH);
        let is_over = round.unvisited() == 0;
        if is_over {
            self.end(topic, state, round);
        }
        !is_over
    }

    /// Everybody was told: whoever was removed hears no more, and whoever was added is to be let in.
    fn end(&self, topic: &Topic, mut state: MutexGuard<'_, State>, round: &Round) {
        let removed = match round.events().last().map(|last| &**last) {
            Some(Event::MemberRemoved { member, .. }) => Some(member),
            _ => None,
        };
        if let Some(member) = removed {
            cut(topic, &mut state, &member.user_id, member.rev);
        }
        drop(state);
        if let Some(member) = removed {
            self.parted(&member.user_id);
        }
        self.expect_members(round.events());
    }

    /// Whoever became a member, as the log says, and is connected here is let in, if nobody told so: told while
    /// an earlier membership still went on, it would have been overlooked.
    fn expect_members(&self, events: &[Arc<Event>]) {
        for event in events {
            if let Event::MemberUpdated {
                conversation_id,
                member,
            } = &**event
                && self.shared.registry.is_online(&member.user_id)
            {
                let user = member.user_id.clone();
                self.shared.newcomers.note(user, *conversation_id);
            }
        }
    }

    /// Whether the bus may still bring what is missing.
    fn may_come(&self, gap: &Gap) -> bool {
        gap.wanted.is_some() && self.shared.nodes.has_bus()
    }

    /// Leaves the topic alone for a moment: whatever comes works it off at once, and if it is not what is
    /// missing, the store is asked then.
    fn wait(&self, topic: &Arc<Topic>, state: &mut State, since: Rev) {
        if state.patience == Patience::Waiting(since) {
            return;
        }
        state.patience = Patience::Waiting(since);
        let (hub, topic) = (self.clone(), Arc::clone(topic));
        tokio::spawn(async move {
            sleep(PATIENCE).await;
            let mut state = topic.lock();
            if state.patience != Patience::Waiting(since) {
                return;
            }
            state.patience = Patience::Over(since);
            drop(state);
            hub.enqueue(&topic, []);
        });
    }

    /// Reads what is missing and puts it in front of what waits. While the store cannot be reached, the
    /// topic stands still and its connections stay open.
    async fn heal(&self, topic: &Arc<Topic>, gap: Gap) {
        let Some(conversation) = topic.conversation() else {
            return;
        };
        let Gap { since: rev, wanted } = gap;
        match self.shared.healer.read(Since { conversation, rev }).await {
            Some(changes) if !changes.truncated => {
                let head = changes.conversation.rev;
                topic.lock().hide_from(&changes.members);
                let events = Event::of_changes(changes, rev);
                topic.inbox().splice(events, head, wanted);
            }
            found => give_up(topic, found.map(|changes| changes.conversation.rev)),
        }
    }
}

/// The gap cannot be closed from here: the connections come back and resume. The topic goes on from
/// the head, so that they are not sent away again.
fn give_up(topic: &Topic, head: Option<Rev>) {
    let mut state = topic.lock();
    topic.inbox().pending.clear();
    state.last_rev = state.last_rev.max(head.unwrap_or_default());
    for subscriber in state.subscribers.values() {
        subscriber.connection.outbox().close(CloseCode::Internal);
    }
}

/// The removal was the last event for `user` here.
fn cut(topic: &Topic, state: &mut State, user: &UserId, rev: Rev) {
    if defects::is_on(Defect::MembershipCheckedAtSubscribeOnly) {
        return;
    }
    state.subscribers.retain(|_, subscriber| {
        let ends = subscriber.ends_with(user, rev);
        if ends {
            subscriber.connection.remove_topic(topic.key());
        }
        !ends
    });
}
