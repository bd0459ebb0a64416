//! As much HTTP as it takes to become a WebSocket.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::Failure;
use crate::wire::accept_key;

/// Longer requests are refused.
const MAX_HEAD: usize = 4 << 10;

/// A handshake that can be answered.
#[derive(Debug)]
pub(super) struct Opening {
    /// The room that is asked for.
    pub(super) room: String,
    /// What to answer.
    pub(super) answer: Vec<u8>,
    /// What came behind the request.
    pub(super) early: Vec<u8>,
}

/// Reads a request.
///
/// # Errors
/// If it is none, or too long, or the client goes.
pub(super) async fn read(stream: &mut TcpStream) -> Result<Opening, Failure> {
    let mut head = Vec::new();
    loop {
        if let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") {
            let early = head.split_off(end + 4);
            return opening(std::str::from_utf8(&head)?, early);
        }
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err("no request".into());
        }
    }
}

fn opening(head: &str, early: Vec<u8>) -> Result<Opening, Failure> {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let room = query.split('&').find_map(|pair| pair.strip_prefix("room="));
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then_some(value.trim())
    });
    let (Some(room), Some(key)) = (room, key) else {
        return Err("no room, or no key".into());
    };
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key)
    );
    Ok(Opening {
        room: room.to_owned(),
        answer: answer.into_bytes(),
        early,
    })
}
