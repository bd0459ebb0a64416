//! One client's connection: its bytes in and out, and how far it has come.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::marker::Marker;
use super::template::Template;

/// Bytes that may wait for a server that does not read.
const MAX_WAITING: usize = 1 << 20;

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The upgrade has been asked for.
    Upgrading,
    /// It is a WebSocket, and the server has more to say before it can be used.
    Greeting,
    /// It takes part.
    Ready,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// All is in the socket.
    Whole,
    /// The rest waits.
    Waits,
    /// Nothing is written: too much waits already.
    Refused,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) stage: Stage,
    /// The beginning of a frame of which the rest has not come.
    kept: Vec<u8>,
    /// What the socket did not take.
    waiting: Vec<u8>,
    /// Made with the first message that is sent.
    template: Option<Box<Template>>,
}

impl Connection {
    pub(super) fn open(address: SocketAddr, request: &[u8]) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        (&stream).write_all(request)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            stage: Stage::Upgrading,
            kept: Vec::new(),
            waiting: Vec::new(),
            template: None,
        })
    }

    /// Reads once into `buffer`, behind what was kept; how many bytes it then begins with.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let kept = self.kept.len();
        let Some(room) = buffer.get_mut(kept..).filter(|room| !room.is_empty()) else {
            return Err(io::Error::new(ErrorKind::InvalidData, "a frame too long"));
        };
        let read = match self.stream.read(room) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(error),
        };
        buffer[..kept].copy_from_slice(&self.kept);
        self.kept = Vec::new();
        Ok(kept + read)
    }

    /// Keeps what is not whole yet.
    pub(super) fn keep(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.kept = rest.to_vec();
        }
    }

    /// Sends a message; `payload` makes the frame of the first one.
    pub(super) fn say(
        &mut self,
        marker: &Marker,
        payload: impl FnOnce() -> String,
    ) -> io::Result<Written> {
        let make = || Box::new(Template::new(&payload()));
        let frame = self.template.get_or_insert_with(make).patch(marker);
        put(&self.stream, &mut self.waiting, frame)
    }

    /// Sends a finished frame.
    pub(super) fn write(&mut self, frame: &[u8]) -> io::Result<Written> {
        put(&self.stream, &mut self.waiting, frame)
    }

    /// Writes what waits.
    pub(super) fn write_on(&mut self) -> io::Result<Written> {
        let waiting = std::mem::take(&mut self.waiting);
        put(&self.stream, &mut self.waiting, &waiting)
    }
}

fn put(mut stream: &TcpStream, waiting: &mut Vec<u8>, frame: &[u8]) -> io::Result<Written> {
    if waiting.len() > MAX_WAITING {
        return Ok(Written::Refused);
    }
    let written = match waiting.is_empty() {
        true => match stream.write(frame) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        },
        false => 0,
    };
    waiting.extend_from_slice(&frame[written..]);
    match waiting.is_empty() {
        true => Ok(Written::Whole),
        false => Ok(Written::Waits),
    }
}
