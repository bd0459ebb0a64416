//! One socket: what comes in goes to its room, what the room has goes out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::net::SendFlags;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::rooms::Room;
use crate::wire::{CLOSE, Head, TEXT, toggle, write_head};

/// A ready frame; whoever it is for shares it.
pub(super) type Frame = Arc<[u8]>;

/// Bytes that may wait for one socket; one that does not keep up is given up.
const MAX_WAITING: usize = 8 << 20;

/// Parts of one write; Linux takes 1,024 at most.
const MAX_PARTS: usize = 1_024;

thread_local! {
    /// Read into by every socket in turn, so that one that is idle has no buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    waiting: Mutex<Waiting>,
    /// Told when something begins to wait.
    began: Notify,
}

/// What a full socket did not take.
#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    /// Bytes of the first that are written.
    written: usize,
    bytes: usize,
    broken: bool,
}

impl Waiting {
    fn push(&mut self, frames: &[Frame], written: usize) {
        let mut skip = written;
        for frame in frames {
            if skip >= frame.len() {
                skip -= frame.len();
                continue;
            }
            if self.frames.is_empty() {
                self.written = skip;
            }
            skip = 0;
            self.bytes += frame.len();
            self.frames.push_back(Arc::clone(frame));
        }
        self.broken |= self.bytes > MAX_WAITING;
    }

    fn parts(&self) -> Vec<IoSlice<'_>> {
        let frames = self.frames.iter().take(MAX_PARTS);
        let mut parts: Vec<_> = frames.map(|frame| IoSlice::new(frame)).collect();
        if let Some(first) = parts.first_mut() {
            first.advance(self.written);
        }
        parts
    }

    fn took(&mut self, bytes: usize) {
        self.written += bytes;
        while let Some(first) = self.frames.front()
            && first.len() <= self.written
        {
            self.written -= first.len();
            self.bytes -= first.len();
            self.frames.pop_front();
        }
    }
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            waiting: Mutex::default(),
            began: Notify::new(),
        }
    }

    /// Writes what the socket takes now; the rest waits.
    pub(super) fn send(&self, frames: &[Frame]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.broken {
            return;
        }
        if !waiting.frames.is_empty() {
            waiting.push(frames, 0);
            return;
        }
        let written = match frames {
            [one] => self.write(one),
            several => {
                let several = several.iter().take(MAX_PARTS);
                let parts: Vec<_> = several.map(|frame| IoSlice::new(frame)).collect();
                self.stream.try_write_vectored(&parts)
            }
        };
        match written {
            Ok(written) => waiting.push(frames, written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => waiting.push(frames, 0),
            Err(_) => waiting.broken = true,
        }
        if waiting.broken || !waiting.frames.is_empty() {
            self.began.notify_one();
        }
    }

    /// Writes what the socket takes now. The runtime is only asked about one that is full: what it knows of a socket lies
    /// somewhere else in memory.
    fn write(&self, frame: &[u8]) -> io::Result<usize> {
        match rustix::net::send(&self.stream, frame, SendFlags::NOSIGNAL) {
            Err(Errno::AGAIN) => self.stream.try_write(frame),
            wrote => Ok(wrote?),
        }
    }

    /// Reads for `room` and writes what waits, until the client goes.
    pub(super) async fn serve(&self, room: &Room, mut kept: Vec<u8>) -> io::Result<()> {
        let mut open = self.hand_on(&mut kept, room);
        while open {
            tokio::select! {
                ready = self.stream.readable() => {
                    ready?;
                    open = self.read(&mut kept, room)?;
                }
                written = self.write_on() => written?,
            }
        }
        Ok(())
    }

    /// Reads once; whether the client is still there.
    fn read(&self, kept: &mut Vec<u8>, room: &Room) -> io::Result<bool> {
        BUFFER.with_borrow_mut(|buffer| match self.stream.try_read(buffer) {
            Ok(0) => Ok(false),
            Ok(read) if kept.is_empty() => {
                let (frames, rest, open) = cut(&mut buffer[..read]);
                room.send(&frames);
                kept.extend_from_slice(&buffer[rest..read]);
                Ok(open)
            }
            Ok(read) => {
                kept.extend_from_slice(&buffer[..read]);
                Ok(self.hand_on(kept, room))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        })
    }

    /// Hands the whole frames of `kept` on; whether the client is still there.
    fn hand_on(&self, kept: &mut Vec<u8>, room: &Room) -> bool {
        let (frames, rest, open) = cut(kept);
        room.send(&frames);
        kept.drain(..rest);
        open
    }

    /// Waits until something can be written on. Cancel-safe: what waits is asked for anew each time.
    async fn write_on(&self) -> io::Result<()> {
        let idle = {
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.frames.is_empty() && !waiting.broken
        };
        if idle {
            self.began.notified().await;
        }
        self.stream.writable().await?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let written = self.stream.try_write_vectored(&waiting.parts());
        match written {
            Ok(written) => waiting.took(written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The text frames of `bytes` as a server writes them, how many bytes they were, and whether no close was among them.
fn cut(bytes: &mut [u8]) -> (Vec<Frame>, usize, bool) {
    let (mut frames, mut at) = (Vec::new(), 0);
    while let Some(head) = Head::read(&bytes[at..])
        && let Some(payload) = bytes.get_mut(at + head.head..at + head.frame())
    {
        at += head.frame();
        match head.opcode {
            CLOSE => return (frames, at, false),
            TEXT => {
                toggle(payload, head.mask.unwrap_or_default(), 0);
                let mut frame = Vec::with_capacity(payload.len() + 10);
                write_head(&mut frame, TEXT, payload.len(), None);
                frame.extend_from_slice(payload);
                frames.push(frame.into());
            }
            _ => {}
        }
    }
    (frames, at, true)
}
