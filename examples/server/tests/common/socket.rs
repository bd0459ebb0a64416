//! A WebSocket, spoken byte by byte.

use std::time::Duration;

use chat_client::Rest;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Server;

/// No answer takes longer.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A socket after its handshake, or the answer that refused it.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

pub(crate) async fn shake(
    server: &Server,
    query: &str,
    headers: &[&str],
) -> Result<Raw, (u16, String)> {
    let address = server.base().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let defaults = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ];
    let named = |header: &&&str| {
        !headers
            .iter()
            .any(|own| own.split(':').next() == header.split(':').next())
    };
    let mut request = format!("GET /api/v1/ws{query} HTTP/1.1\r\nHost: {address}\r\n");
    for header in defaults.iter().filter(named).chain(headers) {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = Vec::new();
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let read = timeout(SOON, stream.read_buf(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert_ne!(read, 0, "the connection ended in the handshake");
    };
    let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
    let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
    buffer.drain(..end);
    if status == 101 {
        Ok(Raw { stream, buffer })
    } else {
        Err((status, head.to_lowercase()))
    }
}

pub(crate) fn bearer(rest: &Rest) -> String {
    format!("Authorization: Bearer {}", rest.token().unwrap())
}

/// A client's frame, masked with zeros: the mask is there and changes nothing.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..=125) => frame.push(0x80 | u8::try_from(short).unwrap()),
        Ok(middle) => {
            frame.push(0x80 | 126);
            frame.extend(middle.to_be_bytes());
        }
        Err(_) => {
            frame.push(0x80 | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

impl Raw {
    /// The next frame: opcode and payload; none at the end.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [first, short, rest @ ..] = self.buffer.as_slice() {
                let wide = match short {
                    126 if rest.len() >= 2 => {
                        Some((usize::from(u16::from_be_bytes([rest[0], rest[1]])), 4))
                    }
                    0..=125 => Some((usize::from(*short), 2)),
                    _ => None,
                };
                if let Some((length, start)) =
                    wide.filter(|(length, start)| self.buffer.len() >= length + start)
                {
                    let found = (first & 0x0f, self.buffer[start..start + length].to_vec());
                    self.buffer.drain(..start + length);
                    return Some(found);
                }
            }
            match timeout(SOON, self.stream.read_buf(&mut self.buffer))
                .await
                .unwrap()
            {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn text(&mut self) -> Value {
        loop {
            match self.next().await.expect("a frame before the end") {
                (1, payload) => return serde_json::from_slice(&payload).unwrap(),
                (8, payload) => panic!("closed with {payload:?}"),
                _ => {}
            }
        }
    }

    /// The code that the server closes with.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            if let (8, payload) = self.next().await.expect("a close before the end") {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }
}

pub(crate) async fn refusal(server: &Server, query: &str, headers: &[&str]) -> u16 {
    match shake(server, query, headers).await {
        Ok(_) => 101,
        Err((status, _)) => status,
    }
}
