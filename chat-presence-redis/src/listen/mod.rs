//! What the nodes hear: subscriptions that last until they are ended.
//!
//! ```text
//! subscribe ─▶ board ─▶ ear (one per server) ─▶ Redis
//!                                                │
//! node ◀── its channel ◀── handover ◀────────────┘
//! ```

mod board;
mod ear;
mod handover;

use std::sync::Arc;

use chat_core::presence::Topic;
use tokio::sync::watch;

use crate::error::Fault;
use crate::names::Names;
use crate::servers::{Servers, SlotMap};
use crate::task::Task;
use board::{Board, Change};
use ear::Progress;

pub(crate) use handover::Handover;

/// A node that listens. It ends with this handle, or when the node is gone.
pub(crate) struct Listener {
    board: Arc<Board>,
    _task: Task,
}

impl Listener {
    /// Begins to listen.
    pub(crate) fn start(servers: Arc<Servers>, names: Names, handover: Handover) -> Self {
        let maps = servers.maps();
        let board = Arc::new(Board::new(servers, names, handover));
        board.follow(&Arc::clone(&maps.borrow()));
        let task = Task::spawn(follow(Arc::clone(&board), maps));
        Self { board, _task: task }
    }

    /// Waits until every server is heard, or cannot be reached now; it is then tried again.
    pub(crate) async fn started(&self) -> Result<(), Fault> {
        self.made(self.board.everywhere()).await
    }

    /// Hears of these topics from now on, or, after an error, as soon as their servers can be reached.
    pub(crate) async fn subscribe(&self, topics: &[Topic]) -> Result<(), Fault> {
        self.made(self.board.change(topics, true)).await
    }

    /// Hears of these topics no more.
    pub(crate) async fn unsubscribe(&self, topics: &[Topic]) -> Result<(), Fault> {
        self.made(self.board.change(topics, false)).await
    }

    async fn made(&self, change: Change) -> Result<(), Fault> {
        match change.made().await {
            // A node that is gone is forgotten, and so is what it wanted.
            Err(_) if self.is_gone() => Ok(()),
            outcome => outcome,
        }
    }

    /// Whether the node is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.board.handover.is_gone()
    }
}

/// Has an ear for each server, until the node is gone.
async fn follow(board: Arc<Board>, mut maps: watch::Receiver<Arc<SlotMap>>) {
    loop {
        tokio::select! {
            () = board.handover.gone() => return board.close(),
            changed = maps.changed() => if changed.is_err() { return },
        }
        let map = Arc::clone(&maps.borrow_and_update());
        board.follow(&map);
    }
}

impl Change {
    /// Waits until it is made, or cannot be made now.
    async fn made(self) -> Result<(), Fault> {
        for mut ear in self.ears {
            let decided = ear.wait_for(|progress| match progress {
                Progress::Starting => false,
                Progress::Heard(version) => *version >= self.version,
                Progress::Down => true,
            });
            // An ear that has ended has no server any more.
            let progress = *decided.await.map_err(|_| Fault::Unserved)?;
            if progress == Progress::Down {
                return Err(Fault::Down(None));
            }
        }
        match self.is_unserved {
            true => Err(Fault::Unserved),
            false => Ok(()),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.board.close();
    }
}
