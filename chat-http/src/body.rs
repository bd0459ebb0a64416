//! What is sent and what is answered.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body_util::{BodyDataStream, BodyExt as _, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::AsyncRead;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::io::StreamReader;

/// What is sent at once, in bytes.
pub const PIECE: usize = 64 << 10;

/// A body of these bytes, in pieces.
pub fn pieces(bytes: Bytes) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let starts = (0..bytes.len()).step_by(PIECE);
    let piece = move |start| Ok(bytes.slice(start..bytes.len().min(start + PIECE)));
    stream::iter(starts.map(piece))
}

pub(crate) fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the service did not go on in time")
}

/// An answer's body that fails when it stands still.
#[derive(Debug)]
pub struct Patient {
    body: Incoming,
    step: Duration,
    late: Pin<Box<Sleep>>,
}

impl Patient {
    pub(crate) fn new(body: Incoming, step: Duration) -> Self {
        let late = Box::pin(sleep(step));
        Self { body, step, late }
    }

    /// All of it, if it is at most so many bytes long.
    ///
    /// # Errors
    /// What reading fails with, or that it is longer.
    pub async fn short(self, at_most: usize) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
        let whole = Limited::new(self, at_most).collect().await?;
        Ok(whole.to_bytes())
    }

    /// It, to be read as it comes.
    #[must_use]
    pub fn reader(self) -> impl AsyncRead + Send + 'static {
        StreamReader::new(BodyDataStream::new(self))
    }
}

impl Body for Patient {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let until = Instant::now() + self.step;
            self.late.as_mut().reset(until);
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        ready!(self.late.as_mut().poll(context));
        Poll::Ready(Some(Err(late())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
