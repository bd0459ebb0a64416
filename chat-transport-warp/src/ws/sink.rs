//! What an outbox is emptied to.

use std::io::{self, ErrorKind, IoSlice, Read as _};
use std::sync::{Mutex, PoisonError};

use chat_core::hub::Sink;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Two frames of so many bytes are copied together rather than written as two.
const SHORT: usize = 1 << 10;

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

    /// Reads what there is. With epoll, a socket that gave less than there was room for is empty until it says
    /// otherwise: the runtime is told so, and does not ask once more to find out.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] if there is nothing.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut taken = None;
        let tried = self.stream.try_io(Interest::READABLE, || {
            let count = (&*SockRef::from(&self.stream)).read(buffer)?;
            taken = Some(count);
            match cfg!(target_os = "linux") && (1..buffer.len()).contains(&count) {
                true => Err(ErrorKind::WouldBlock.into()),
                false => Ok(count),
            }
        });
        taken.map_or(tried, Ok)
    }

    /// Writes what the socket takes now. What the runtime knows of a socket lies somewhere else in memory, far away in a
    /// large room: it is only asked about one that is full, to say when it is not.
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        match SockRef::from(&self.stream).send_with_flags(bytes, libc::MSG_NOSIGNAL) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            wrote => return wrote,
        }
        self.stream.try_write(bytes)
    }
}

impl Sink for TcpSink {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            // A tenth cheaper for the kernel, and what most writes are.
            [frame] => self.write(frame),
            // As are an event and the answer to who sent it.
            [first, second] if first.len() + second.len() <= SHORT => {
                let mut both = [0; SHORT];
                both[..first.len()].copy_from_slice(first);
                both[first.len()..][..second.len()].copy_from_slice(second);
                self.write(&both[..first.len() + second.len()])
            }
            frames => self.stream.try_write_vectored(frames),
        }
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

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, IoSlice};

    use chat_core::hub::Sink as _;
    use futures_util::FutureExt as _;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::TcpSink;

    /// How often a socket that was full may take more by itself: its buffers grow.
    const GROWS: usize = 16;

    fn fill(sink: &TcpSink) -> usize {
        let mut taken = 0;
        loop {
            match sink.write_vectored(&[IoSlice::new(&[7; 4 << 10])]) {
                Ok(count) => taken += count,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    return taken;
                }
            }
        }
    }

    #[tokio::test]
    async fn a_full_socket_is_waited_for_until_it_takes_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (client, accepted) = tokio::join!(client, listener.accept());
        let (mut client, sink) = (client.unwrap(), TcpSink::new(accepted.unwrap().0));
        sink.stream.writable().await.unwrap();

        let mut taken = 0;
        let full = (0..GROWS).any(|_| {
            taken += fill(&sink);
            sink.stream.writable().now_or_never().is_none()
        });
        assert!(full, "whoever waits for it goes round in circles");

        let mut read = vec![0; taken];
        client.read_exact(&mut read).await.unwrap();
        sink.stream.writable().await.unwrap();
        assert!(fill(&sink) > 0);
    }
}
