//! What an outbox is emptied to.

use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Mutex, PoisonError};

use chat_core::hub::Sink;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// A TCP socket, written by whoever has frames for it.
#[derive(Debug)]
pub(super) struct TcpSink {
    pub(super) stream: TcpStream,
    pub(super) woken: Notify,
}

impl TcpSink {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            woken: Notify::new(),
        }
    }
}

impl Sink for TcpSink {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.try_write_vectored(slices)
    }

    fn wake(&self) {
        self.woken.notify_one();
    }
}

/// How much waits in a [`PipeSink`].
const PIPE_BYTES: usize = 64 << 10;

/// A bounded buffer in front of a stream that only its own task can write.
#[derive(Debug, Default)]
pub(super) struct PipeSink {
    buffer: Mutex<Vec<u8>>,
    pub(super) woken: Notify,
}

impl PipeSink {
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.buffer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sink for PipeSink {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut room = PIPE_BYTES.saturating_sub(buffer.len());
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let before = buffer.len();
        for slice in slices {
            let part = &slice[..slice.len().min(room)];
            buffer.extend_from_slice(part);
            room -= part.len();
        }
        self.woken.notify_one();
        Ok(buffer.len() - before)
    }

    fn wake(&self) {
        self.woken.notify_one();
    }
}
