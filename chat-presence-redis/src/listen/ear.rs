//! A node's subscriptions on one server: a connection of their own, kept up.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_core::presence::Topic;
use redis::{Cmd, Pipeline, PushInfo, PushKind, Value};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::board::Board;
use crate::backoff::Backoff;
use crate::error::Fault;
use crate::servers::{Address, Line, PING_EVERY, checked};

/// How many channels a round trip subscribes.
const CHUNK: usize = 500;

/// How far an ear is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The first attempt to connect is under way, or everything is being subscribed to on a new connection.
    Starting,
    /// Its server confirmed everything up to this version of the board.
    Heard(u64),
    /// It has no connection; what it is to hear waits for one.
    Down,
}

/// A connection, and what is heard on it.
struct Ear {
    board: Arc<Board>,
    number: u64,
    address: Address,
    line: Line,
    heard: Arc<Mutex<HashSet<Topic>>>,
}

/// Keeps up what a node wants to hear from a server; the number tells this ear from a later one at the same place.
pub(super) async fn run(
    board: Arc<Board>,
    (number, address): (u64, Address),
    changed: Arc<Notify>,
    progress: watch::Sender<Progress>,
) {
    let mut backoff = Backoff::new(board.servers.dial().limits);
    loop {
        let fault = match Ear::open(&board, number, &address).await {
            Ok(ear) => ear.serve(&changed, &progress, &mut backoff).await,
            Err(fault) => fault,
        };
        tracing::debug!(?address, %fault, "no connection to Redis for subscriptions");
        board.deafen(number, &address);
        progress.send_replace(Progress::Down);
        board.servers.suspect();
        backoff.wait().await;
        board.handover.flush();
    }
}

impl Ear {
    async fn open(board: &Arc<Board>, number: u64, address: &Address) -> Result<Self, Fault> {
        let heard = Arc::<Mutex<HashSet<Topic>>>::default();
        let (listener, expected) = (Arc::clone(board), Arc::clone(&heard));
        let hear = move |push| hear(&listener, &expected, push);
        let line = board.servers.dial().open(address, hear).await?;
        Ok(Self {
            board: Arc::clone(board),
            number,
            address: address.clone(),
            line,
            heard,
        })
    }

    /// Subscribes to everything, then makes each change, until the connection is lost.
    async fn serve(
        &self,
        changed: &Notify,
        progress: &watch::Sender<Progress>,
        backoff: &mut Backoff,
    ) -> Fault {
        // From here on calls wait. Whatever was refused before is among everything, so the news of the outage's end
        // comes after it.
        progress.send_replace(Progress::Starting);
        self.board.start_anew(&self.address);
        let mut ticks = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            match self.catch_up().await {
                Ok(version) => progress.send_replace(Progress::Heard(version)),
                Err(fault) => return fault,
            };
            backoff.reset();
            if let Err(fault) = self.idle(changed, &mut ticks).await {
                return fault;
            }
        }
    }

    /// Tries the connection now and then, until something is to be done.
    async fn idle(&self, changed: &Notify, ticks: &mut Interval) -> Result<(), Fault> {
        loop {
            tokio::select! {
                () = changed.notified() => return Ok(()),
                () = self.line.lost() => return Err(Fault::Down(None)),
                _ = ticks.tick() => {}
            }
            self.board.handover.flush();
            self.line.ping().await?;
        }
    }

    /// Does what the board wants, and gives the version that is reached with it.
    async fn catch_up(&self) -> Result<u64, Fault> {
        let plan = self.board.plan(&self.address, &self.heard());
        let plan = plan.ok_or(Fault::Unserved)?;
        for topics in plan.leave.chunks(CHUNK) {
            self.leave(topics, plan.is_sharded).await?;
        }
        for topics in plan.listen.chunks(CHUNK) {
            self.listen(topics, plan.is_sharded).await?;
        }
        if plan.is_whole && !plan.listen.is_empty() {
            self.board.handover.lose();
        }
        self.board.handover.hear(self.number);
        Ok(plan.version)
    }

    async fn listen(&self, topics: &[Topic], is_sharded: bool) -> Result<(), Fault> {
        let command = match is_sharded {
            true => "SSUBSCRIBE",
            false => "SUBSCRIBE",
        };
        for answer in self.line.ask_all(&self.each(command, topics)).await? {
            checked(answer)?;
        }
        self.heard().extend(topics.iter().cloned());
        Ok(())
    }

    async fn leave(&self, topics: &[Topic], is_sharded: bool) -> Result<(), Fault> {
        let command = match is_sharded {
            true => "SUNSUBSCRIBE",
            false => "UNSUBSCRIBE",
        };
        self.forget(topics);
        // A refusal means that the slot has moved, and the subscription is gone with it.
        self.line.ask_all(&self.each(command, topics)).await?;
        Ok(())
    }

    /// A command for each topic: its server confirms or refuses each by itself.
    fn each(&self, command: &str, topics: &[Topic]) -> Pipeline {
        let mut pipeline = Pipeline::with_capacity(topics.len());
        for topic in topics {
            let mut one = Cmd::new();
            one.arg(command).arg(self.board.names.channel(topic));
            pipeline.add_command(one);
        }
        pipeline
    }

    fn forget(&self, topics: &[Topic]) {
        let mut heard = self.heard();
        for topic in topics {
            heard.remove(topic);
        }
    }

    fn heard(&self) -> MutexGuard<'_, HashSet<Topic>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands a message over. A server that ends a subscription by itself serves the slot no more: the connection is
/// given up, so that everything is subscribed where it is now.
fn hear(board: &Board, heard: &Mutex<HashSet<Topic>>, push: PushInfo) -> ControlFlow<()> {
    if !matches!(push.kind, PushKind::Unsubscribe | PushKind::SUnsubscribe) {
        board.handover.take(push);
        return ControlFlow::Continue(());
    }
    let topic = match push.data.first() {
        Some(Value::BulkString(channel)) => board.names.topic(channel),
        _ => None,
    };
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    match topic.is_some_and(|topic| heard.contains(&topic)) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}
