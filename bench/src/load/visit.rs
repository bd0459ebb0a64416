//! A member who opens an app on one more device, looks around, and leaves: one visit after the other, each waiting for
//! every answer.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::adapter::{Adapter, Heard};
use super::handshake;
use super::marker::Marker;
use super::template::MASK;
use crate::Failure;
use crate::layout::{Layout, Seat};
use crate::wire::{CLOSE, Head, PING, PONG, TEXT, client_frame};

/// An answer that does not come within has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How long each part of a visit took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    /// Connecting, and getting what was missed.
    pub(crate) connect: Duration,
    /// The inbox.
    pub(crate) inbox: Duration,
    /// The last page of the room's history.
    pub(crate) history: Duration,
    /// Typing, and moving the read marker to the end.
    pub(crate) mark: Duration,
}

/// Who visits, and how.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) adapter: Box<dyn Adapter>,
    pub(crate) address: SocketAddr,
    pub(crate) layout: Layout,
}

impl Visitor {
    /// One visit of a user.
    ///
    /// # Errors
    /// If something is refused, or not answered in time.
    pub(crate) fn visit(&self, seat: Seat) -> Result<Visit, Failure> {
        let begun = Instant::now();
        let mut device = Device::open(self, seat)?;
        let connect = begun.elapsed();
        let (inbox, _) = device.get("")?;
        let (history, page) = device.get(&format!("/{}/messages", device.conversation))?;
        let page: Value = serde_json::from_slice(&page)?;
        let begun = Instant::now();
        device.mark(&page["last_seq"])?;
        Ok(Visit {
            connect,
            inbox,
            history,
            mark: begun.elapsed(),
        })
    }
}

/// A device that is there: a socket for what is live, and one for requests.
struct Device<'a> {
    visitor: &'a Visitor,
    seat: Seat,
    conversation: String,
    live: Buffered,
    rest: Buffered,
}

impl<'a> Device<'a> {
    fn open(visitor: &'a Visitor, seat: Seat) -> Result<Self, Failure> {
        let room = visitor.layout.room(seat);
        let mut device = Self {
            visitor,
            seat,
            conversation: visitor.adapter.conversation(room),
            live: Buffered::open(visitor.address)?,
            rest: Buffered::open(visitor.address)?,
        };
        device.upgrade()?;
        while device.hear()? != Heard::Ready {}
        Ok(device)
    }

    fn upgrade(&mut self) -> Result<(), Failure> {
        let adapter = &self.visitor.adapter;
        let room = self.visitor.layout.room(self.seat);
        let target = adapter.target(self.seat, room);
        let headers = adapter.headers(self.seat);
        let request = handshake::request(&target, self.visitor.address.port(), &headers);
        self.live.stream.write_all(&request)?;
        loop {
            if let Some(head) = handshake::answered(&self.live.held)? {
                self.live.held.drain(..head);
                return Ok(());
            }
            self.live.fill()?;
        }
    }

    /// Waits for the next frame that is no message, and answers it if it asks for that.
    fn hear(&mut self) -> Result<Heard, Failure> {
        let payload = self.next()?;
        let room = self.visitor.layout.room(self.seat);
        let heard = self.visitor.adapter.hear(room, &payload, true);
        match &heard {
            Heard::Say(text) => self.say(text)?,
            Heard::Refused => return Err(String::from_utf8_lossy(&payload).into()),
            Heard::Nothing | Heard::Ready | Heard::Later(_) => {}
        }
        Ok(heard)
    }

    /// The next text that is no message.
    fn next(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            let Some(head) =
                Head::read(&self.live.held).filter(|head| self.live.held.len() >= head.frame())
            else {
                self.live.fill()?;
                continue;
            };
            let frame: Vec<u8> = self.live.held.drain(..head.frame()).collect();
            let payload = &frame[head.head..];
            match head.opcode {
                TEXT if Marker::find(payload).is_none() || is_missed(payload) => {
                    return Ok(payload.to_vec());
                }
                PING => {
                    let pong = client_frame(PONG, payload, MASK);
                    self.live.stream.write_all(&pong)?;
                }
                CLOSE => return Err("the server closed a visitor's connection".into()),
                _ => {}
            }
        }
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        let frame = client_frame(TEXT, text.as_bytes(), MASK);
        self.live.stream.write_all(&frame)
    }

    /// Types, marks everything as read, and waits until that is kept.
    fn mark(&mut self, last: &Value) -> Result<(), Failure> {
        let place = format!(r#""conversation_id":"{}""#, self.conversation);
        self.say(&format!(r#"{{"type":"typing",{place}}}"#))?;
        self.say(&format!(
            r#"{{"type":"read","id":"read",{place},"seq":{last}}}"#
        ))?;
        loop {
            let payload = self.next()?;
            if payload.starts_with(br#"{"type":"ack""#) {
                return Ok(());
            }
            if payload.starts_with(br#"{"type":"error""#) {
                return Err(String::from_utf8_lossy(&payload).into());
            }
        }
    }

    /// GETs something of the conversations; how long that took, and what it is.
    fn get(&mut self, path: &str) -> Result<(Duration, Vec<u8>), Failure> {
        let begun = Instant::now();
        let headers = self.visitor.adapter.headers(self.seat);
        let request = format!(
            "GET /api/v1/conversations{path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n",
            self.visitor.address
        );
        self.rest.stream.write_all(request.as_bytes())?;
        let (head, body) = loop {
            if let Some(found) = response(&self.rest.held)? {
                break found;
            }
            self.rest.fill()?;
        };
        while self.rest.held.len() < head + body {
            self.rest.fill()?;
        }
        let took = begun.elapsed();
        let answer: Vec<u8> = self.rest.held.drain(..head + body).collect();
        Ok((took, answer[head..].to_vec()))
    }
}

/// Whether a frame has messages that were missed: it belongs to the answer to a resume.
fn is_missed(payload: &[u8]) -> bool {
    payload.starts_with(br#"{"type":"changes""#)
}

/// How many bytes the head and the body of a response have, once its head is whole.
fn response(bytes: &[u8]) -> Result<Option<(usize, usize)>, Failure> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        return Err(format!("a request was refused: {head}").into());
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.ok_or("a response without a length")?;
    Ok(Some((end + 4, length.trim().parse()?)))
}

/// A socket, and what came over it.
struct Buffered {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Buffered {
    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self {
            stream,
            held: Vec::new(),
        })
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.held.extend_from_slice(&buffer[..read]);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::response;

    #[test]
    fn a_response_is_whole_when_it_has_as_much_as_it_says() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(response(&whole[..20]).unwrap(), None);
        assert_eq!(response(whole).unwrap(), Some((whole.len() - 2, 2)));
        for wrong in ["HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            assert!(response(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
