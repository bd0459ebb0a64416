//! The task that works a queue off: begun by the first request, kept for those that come later.

use std::task::{Poll, Waker};

use tokio::runtime::{Handle, Id};

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Runner {
    state: State,
    /// The number of the last task that was begun. Those before it have had their turn.
    turn: u64,
    /// Nobody makes requests any more.
    is_closed: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Gone,
    /// It looks at the queue again by itself.
    Busy,
    /// It waits, in this runtime.
    Idle(Id, Waker),
}

/// What is to be done for a request, once the queue's lock is let go.
#[must_use]
pub(super) enum Call {
    Nothing,
    Wake(Waker),
    /// Begin a task with this number. The one that waited in another runtime ends.
    Begin(u64, Option<Waker>),
}

impl Runner {
    /// Has a request worked on. One that is made in another runtime than the last ones gets a task of its own there: a
    /// runtime may be driven only as long as somebody waits in it for an answer.
    pub(super) fn call(&mut self) -> Call {
        if matches!(self.state, State::Busy) {
            return Call::Nothing;
        }
        let here = Handle::current().id();
        let former = match std::mem::replace(&mut self.state, State::Busy) {
            State::Idle(runtime, waker) if runtime == here => return Call::Wake(waker),
            State::Idle(_, waker) => Some(waker),
            State::Gone | State::Busy => None,
        };
        self.turn += 1;
        Call::Begin(self.turn, former)
    }

    /// Whether the task of this number is to take from the queue, or will never again; if neither, it is woken.
    pub(super) fn wait(
        &mut self,
        turn: u64,
        is_empty: bool,
        here: Id,
        waker: &Waker,
    ) -> Poll<bool> {
        match () {
            () if self.turn != turn => Poll::Ready(false),
            () if !is_empty => {
                self.state = State::Busy;
                Poll::Ready(true)
            }
            () if self.is_closed => Poll::Ready(false),
            () => {
                self.state = State::Idle(here, waker.clone());
                Poll::Pending
            }
        }
    }

    /// Ends the turn of this task, if it is its turn still. What it gives is for dropping once the queue's lock is let go:
    /// it may be the last of the task.
    pub(super) fn end(&mut self, turn: u64) -> Option<Waker> {
        match self.turn == turn {
            true => self.leave(State::Gone),
            false => None,
        }
    }

    /// Has the task end once the queue is empty; gives whom to wake for that.
    pub(super) fn close(&mut self) -> Option<Waker> {
        self.is_closed = true;
        match self.state {
            State::Idle(..) => self.leave(State::Busy),
            State::Gone | State::Busy => None,
        }
    }

    fn leave(&mut self, state: State) -> Option<Waker> {
        match std::mem::replace(&mut self.state, state) {
            State::Idle(_, waker) => Some(waker),
            State::Gone | State::Busy => None,
        }
    }
}

impl Call {
    /// Makes it, with what a task does.
    pub(super) fn make<F>(self, task: impl FnOnce(u64) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self {
            Self::Nothing => {}
            Self::Wake(waker) => waker.wake(),
            Self::Begin(turn, former) => {
                tokio::spawn(task(turn));
                if let Some(former) = former {
                    former.wake();
                }
            }
        }
    }
}
