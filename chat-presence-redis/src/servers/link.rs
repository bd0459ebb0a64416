//! The connection for commands to one server, kept up.

use std::ops::ControlFlow;
use std::sync::Arc;

use redis::RedisError;
use tokio::sync::{Notify, watch};

use super::address::Address;
use super::line::{Dial, Line};
use crate::backoff::Backoff;
use crate::error::Fault;
use crate::task::Task;

/// The connection for commands to one server. It comes back by itself; while it is down, commands fail at once.
#[derive(Debug)]
pub(crate) struct Link {
    state: watch::Receiver<State>,
    _task: Task,
}

#[derive(Debug)]
enum State {
    /// The first attempt to connect is under way.
    Starting,
    Up(Line),
    /// Why it went down.
    Down(Option<RedisError>),
}

impl Link {
    /// Begins to connect; each time it goes down, `stale` is told.
    pub(crate) fn start(dial: Dial, address: Address, stale: Arc<Notify>) -> Self {
        let (sender, state) = watch::channel(State::Starting);
        let task = Task::spawn(keep(dial, address, sender, stale));
        Self { state, _task: task }
    }

    /// The connection, once the first attempt has ended.
    pub(crate) async fn line(&self) -> Result<Line, Fault> {
        let mut state = self.state.clone();
        let decided = state
            .wait_for(|state| !matches!(state, State::Starting))
            .await
            .map_err(|_| Fault::Down(None))?;
        match &*decided {
            State::Up(line) => Ok(line.clone()),
            State::Down(why) => Err(Fault::Down(why.clone())),
            State::Starting => Err(Fault::Down(None)),
        }
    }
}

/// Connects, watches, and connects again, for ever.
async fn keep(dial: Dial, address: Address, state: watch::Sender<State>, stale: Arc<Notify>) {
    let mut backoff = Backoff::new(dial.limits);
    loop {
        let fault = match dial.open(&address, |_| ControlFlow::Continue(())).await {
            Ok(line) => {
                backoff.reset();
                state.send_replace(State::Up(line.clone()));
                line.watch().await
            }
            Err(fault) => fault,
        };
        tracing::debug!(?address, %fault, "no connection to Redis for commands");
        let why = match fault {
            Fault::Redis(error) => Some(error),
            _ => None,
        };
        state.send_replace(State::Down(why));
        stale.notify_one();
        backoff.wait().await;
    }
}
