//! What waits to be written to one connection: bounded, shared, never blocking whoever fills it.

mod frames;
#[cfg(test)]
#[cfg(shuttle)]
mod shuttle_tests;

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use self::frames::Frames;
use crate::hub::Connection;
use crate::protocol::{CloseCode, Frame, Limits, Reply};
use crate::sync::{Mutex, MutexGuard};

/// How many frames go into one vectored write.
const WRITE_FRAMES: usize = 64;

/// Where an outbox is emptied to: a socket, or a test.
///
/// It is called while the outbox is locked, and often a topic too: it must be quick, and call nothing of the hub.
pub trait Sink: Debug + Send + Sync + 'static {
    /// Writes what can be written now, without waiting; how many bytes that was.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] if nothing can be written now: [`Sink::wake`] follows, and
    /// whoever drives the connection calls [`Outbox::resume`] once it can. Any other error ends
    /// the connection.
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Wakes whoever drives the connection: frames wait for a full socket, or the outbox closed.
    fn wake(&self);
}

/// The frames that wait for one connection.
///
/// Whoever fills it also writes, as far as the socket takes it at once; a full socket is left to
/// the connection's own task. A connection that does not keep up is closed with
/// [`CloseCode::SlowConsumer`], never thinned out silently: it comes back and resumes.
// In this order, and so its state: what a frame needs that goes out at once comes first, and so from memory in one go.
#[derive(Debug)]
#[repr(C)]
pub struct Outbox {
    sink: Arc<dyn Sink>,
    max_bytes: usize,
    max_frames: usize,
    state: Mutex<State>,
    /// Tells a waiting resume that there is room.
    drained: Notify,
}

#[derive(Debug, Default)]
#[repr(C)]
struct State {
    /// The socket is full; only its driver writes next.
    blocked: bool,
    /// Somebody waits for room.
    awaited: bool,
    closed: Option<CloseCode>,
    /// How many [`Cork`]s there are.
    corks: u32,
    /// Bytes of `queue` and `held`.
    bytes: usize,
    /// Live frames that wait for a resume to end.
    held: Option<VecDeque<Frame>>,
    /// Bytes of the first frame that are written.
    written: usize,
    queue: Frames,
}

impl Outbox {
    pub(super) fn new(limits: &Limits, sink: Arc<dyn Sink>) -> Self {
        Self {
            sink,
            max_bytes: limits.outbox_bytes,
            max_frames: limits.outbox_frames,
            state: Mutex::default(),
            drained: Notify::new(),
        }
    }

    /// Queues a reply and writes what the socket takes.
    pub fn send(&self, reply: &Reply) {
        self.send_frame(Frame::json(reply));
    }

    /// Queues a frame of the connection's own and writes what the socket takes.
    pub fn send_frame(&self, frame: Frame) {
        let mut state = self.lock();
        self.push(&mut state, [frame], Lane::Own);
        self.write(&mut state);
    }

    /// Queues live frames and writes what the socket takes.
    pub(super) fn send_live<'a>(&self, mut frames: impl Iterator<Item = &'a Frame>) {
        let Some(first) = frames.next() else { return };
        let second = frames.next();
        let mut state = self.lock();
        if second.is_none() && state.is_clear() && self.holds(first) {
            return self.pass(&mut state, first);
        }
        let frames = [first].into_iter().chain(second).chain(frames);
        self.push(&mut state, frames.cloned(), Lane::Live);
        self.write(&mut state);
    }

    /// Queues live frames without writing; [`flush`](Self::flush) follows.
    pub(super) fn queue_live<'a>(&self, frames: impl IntoIterator<Item = &'a Frame>) {
        let mut state = self.lock();
        self.push(&mut state, frames.into_iter().cloned(), Lane::Live);
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&self) {
        let mut state = self.lock();
        self.write(&mut state);
    }

    /// Writes on, now that the socket takes more: called by the connection's driver. True if all
    /// is written.
    pub fn resume(&self) -> bool {
        let mut state = self.lock();
        state.blocked = false;
        self.write(&mut state);
        state.queue.is_empty()
    }

    /// Has little that is queued wait for what comes right behind it, until [`uncork`](Self::uncork).
    fn cork(&self) {
        self.lock().corks += 1;
    }

    /// Writes what waited, unless somebody else still has more.
    fn uncork(&self) {
        let mut state = self.lock();
        state.corks -= 1;
        self.write(&mut state);
    }

    /// Holds live frames back until [`release`](Self::release); replies pass.
    pub(crate) fn hold(&self) {
        let mut state = self.lock();
        state.held.get_or_insert_default();
    }

    /// Queues the frames held back.
    pub(crate) fn release(&self) {
        let mut state = self.lock();
        if let Some(held) = state.held.take() {
            state.queue.extend(held);
            self.write(&mut state);
        }
    }

    /// Waits until the queue is at most half full, or closed.
    ///
    /// # Cancel safety
    /// Dropping the future does nothing.
    pub(crate) async fn room(&self) {
        loop {
            let drained = self.drained.notified();
            {
                let mut state = self.lock();
                // Frames held back do not count: they wait for whoever waits here.
                let bytes = state.queue.bytes();
                let roomy = state.queue.len() <= self.max_frames / 2 && bytes <= self.max_bytes / 2;
                if roomy || state.closed.is_some() {
                    return;
                }
                state.awaited = true;
            }
            drained.await;
        }
    }

    /// Closes the connection: what is queued still goes out, nothing more comes in. The first
    /// code counts.
    pub fn close(&self, code: CloseCode) {
        let mut state = self.lock();
        self.shut(&mut state, code);
    }

    /// Closes the connection and says when to come back.
    pub(super) fn close_with_hint(&self, code: CloseCode, reconnect_after: Duration) {
        let hint = u64::try_from(reconnect_after.as_millis()).unwrap_or(u64::MAX);
        let frame = Frame::json(&Reply::Closing {
            reconnect_after_ms: hint,
        });
        // In one go: whoever closes it too tells nothing more.
        let mut state = self.lock();
        self.push(&mut state, [frame], Lane::Own);
        self.write(&mut state);
        self.shut(&mut state, code);
    }

    /// Why it is closed, if it is.
    #[must_use]
    pub fn closed(&self) -> Option<CloseCode> {
        self.lock().closed
    }

    /// How many frames wait to be written.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.lock().queue.len()
    }

    /// Whether an empty outbox has room for a frame.
    fn holds(&self, frame: &Frame) -> bool {
        self.max_frames > 0 && frame.bytes().len() <= self.max_bytes
    }

    /// Writes a frame past the empty queue; what the socket does not take of it waits there.
    fn pass(&self, state: &mut State, frame: &Frame) {
        let wrote = self.sink.write_vectored(&[IoSlice::new(frame.bytes())]);
        if !matches!(wrote, Ok(written) if written == frame.bytes().len()) {
            state.bytes = frame.bytes().len();
            state.queue.push(frame.clone());
            if self.took(state, wrote) {
                self.write(state);
            }
        }
    }

    fn push(&self, state: &mut State, frames: impl IntoIterator<Item = Frame>, lane: Lane) {
        for frame in frames {
            let held = state.held.as_ref().map_or(0, VecDeque::len);
            let waiting = state.queue.len() + held;
            if state.closed.is_some() {
                return;
            }
            if waiting >= self.max_frames || state.bytes + frame.bytes().len() > self.max_bytes {
                return self.shut(state, CloseCode::SlowConsumer);
            }
            state.bytes += frame.bytes().len();
            match (lane, &mut state.held) {
                (Lane::Live, Some(held)) => held.push_back(frame),
                (Lane::Live, None) | (Lane::Own, _) => state.queue.push(frame),
            }
        }
    }

    /// A slow consumer's frames are given up at once: their memory is what the limit is about. A
    /// frame begun is finished, so that the close behind it can be read.
    fn shut(&self, state: &mut State, code: CloseCode) {
        if state.closed.is_some() {
            return;
        }
        state.closed = Some(code);
        state.held = None;
        metrics::counter!("chat_connections_closed_total", "code" => code.as_u16().to_string())
            .increment(1);
        if code == CloseCode::SlowConsumer {
            state.queue.truncate(usize::from(state.written > 0));
        }
        state.bytes = state.queue.bytes();
        self.drained.notify_waiters();
        self.sink.wake();
    }

    fn write(&self, state: &mut State) {
        if self.may_wait(state) {
            return;
        }
        while !state.blocked && !state.queue.is_empty() {
            let wrote = self.write_once(state);
            if !self.took(state, wrote) {
                return;
            }
        }
        if state.awaited && state.queue.len() <= self.max_frames / 2 {
            state.awaited = false;
            self.drained.notify_waiters();
        }
    }

    /// Whether the socket is still there after it took so much of what is queued.
    fn took(&self, state: &mut State, wrote: io::Result<usize>) -> bool {
        match wrote {
            Ok(written) if written > 0 => state.advance(written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                state.blocked = true;
                self.sink.wake();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => {
                self.fail(state);
                return false;
            }
        }
        true
    }

    /// Whether what is queued goes out with what a [`Cork`] announces: never much, so that a cork makes no consumer slow,
    /// and nothing once it is closed.
    fn may_wait(&self, state: &State) -> bool {
        let is_little =
            state.queue.len() <= self.max_frames / 8 && state.bytes <= self.max_bytes / 8;
        state.corks > 0 && state.closed.is_none() && is_little
    }

    fn write_once(&self, state: &State) -> io::Result<usize> {
        if let (Some(only), 1) = (state.queue.first(), state.queue.len()) {
            return self
                .sink
                .write_vectored(&[IoSlice::new(&only.bytes()[state.written..])]);
        }
        let mut slices = [IoSlice::new(&[]); WRITE_FRAMES];
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(state.queue.iter()) {
            let from = if count == 0 { state.written } else { 0 };
            *slice = IoSlice::new(&frame.bytes()[from..]);
            count += 1;
        }
        self.sink.write_vectored(&slices[..count])
    }

    /// The socket is gone.
    fn fail(&self, state: &mut State) {
        state.queue.truncate(0);
        (state.bytes, state.written) = (0, 0);
        self.shut(state, CloseCode::Normal);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it is there, frames of a connection wait for those behind them, to be written in one go: an event and the answer
/// to the command that it came of. Nobody waits for anything but memory while holding one.
#[derive(Debug)]
pub(crate) struct Cork(Arc<Connection>);

impl Cork {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        connection.outbox().cork();
        Self(connection)
    }
}

impl Drop for Cork {
    fn drop(&mut self) {
        self.0.outbox().uncork();
    }
}

#[derive(Debug, Clone, Copy)]
enum Lane {
    Own,
    Live,
}

impl State {
    /// Nothing waits, nor has anything to.
    const fn is_clear(&self) -> bool {
        !self.blocked
            && self.closed.is_none()
            && self.corks == 0
            && self.bytes == 0
            && self.held.is_none()
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.queue.first() {
            let left = first.bytes().len() - self.written;
            if written < left {
                self.written += written;
                return;
            }
            written -= left;
            self.bytes -= first.bytes().len();
            self.written = 0;
            self.queue.pop();
        }
    }
}
