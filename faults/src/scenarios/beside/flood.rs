//! Sockets that never read, in a conversation that is flooded: they are let go, and nobody else notices.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use chat_client::{Client, SendError, Sender};
use chat_core::id::ConversationId;
use chat_core::protocol::MessageBody;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Scene;
use crate::check::Anomaly;
use crate::cluster::Failure;
use crate::report::Row;
use crate::workload::User;

/// Sockets of one batch.
const SOCKETS: usize = 50;

/// Bytes of a message.
const LENGTH: usize = 4_000;

/// What a batch is flooded with: what the kernel keeps for a socket, 4 MiB at most, and the node's own queue twice over.
const FLOOD: usize = (6 << 20) / LENGTH;

/// Messages under way at once.
const AT_ONCE: usize = 8;

/// A socket from which nothing comes for so long was kept.
const SILENCE: Duration = Duration::from_secs(10);

const KEPT: &str = "a socket that never read was kept";

/// Floods one batch after the other until it is over.
pub(in crate::scenarios) fn flood(
    scene: Scene,
) -> Pin<Box<dyn Future<Output = Result<Row, Failure>> + Send>> {
    Box::pin(run(scene))
}

async fn run(scene: Scene) -> Result<Row, Failure> {
    let mut row = Row::default();
    let name = |who: &str| format!("{who}{}", scene.number);
    let writer = User::register(&scene.bases[0], &name("flooder")).await?;
    let sleeper = User::register(&scene.bases[0], &name("sleeper")).await?;
    let place = writer.group(&[&sleeper.id]).await?;
    let client = Client::connect(&writer.rest);
    let sender = client.sender();
    let reading = tokio::spawn(drain(client));
    while !scene.is_over() {
        let sockets = sleepers(&scene, &sleeper).await?;
        let mut sending = JoinSet::new();
        for _ in 0..AT_ONCE {
            sending.spawn(send(sender.clone(), place, FLOOD / AT_ONCE));
        }
        while let Some(sent) = sending.join_next().await {
            row.add("flood", sent?? as f64);
        }
        for socket in sockets {
            judge(socket, &mut row).await?;
        }
    }
    reading.abort();
    Ok(row)
}

/// Sends so many messages, one after the other.
async fn send(sender: Sender, place: ConversationId, messages: usize) -> Result<usize, SendError> {
    for _ in 0..messages {
        let body = MessageBody::text("x".repeat(LENGTH));
        sender.send(place, body).await?;
    }
    Ok(messages)
}

/// Reads what the writer is sent, and forgets it.
async fn drain(mut client: Client) {
    while client.next().await.is_some() {}
}

/// Sockets of a user that have asked for everything and read nothing.
async fn sleepers(scene: &Scene, user: &User) -> Result<Vec<TcpStream>, Failure> {
    let token = user.rest.token().unwrap_or_default();
    let mut sockets = Vec::new();
    for base in scene.bases.iter().cycle().take(SOCKETS) {
        let address: SocketAddr = base.trim_start_matches("http://").parse()?;
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4 << 10)?;
        let mut stream = socket.connect(address).await?;
        let request = format!(
            "GET /api/v1/ws HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        stream
            .write_all(&text(br#"{"type":"resume","id":"0"}"#))
            .await?;
        sockets.push(stream);
    }
    Ok(sockets)
}

/// A client's text frame of at most 125 bytes, masked with zeros.
fn text(payload: &[u8]) -> Vec<u8> {
    let length = 0x80 | u8::try_from(payload.len()).unwrap_or_default();
    [&[0x81, length, 0, 0, 0, 0], payload].concat()
}

/// A socket that was let go ends, when it is read at last.
async fn judge(mut socket: TcpStream, row: &mut Row) -> Result<(), Failure> {
    // With the little it had, the kernel tells of room for more only now and then, up to half a minute later.
    SockRef::from(&socket).set_recv_buffer_size(256 << 10)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match timeout(SILENCE, socket.read(&mut buffer)).await {
            Ok(Ok(length)) if length > 0 => {}
            Ok(_) => break row.add("let_go", 1.0),
            Err(_) => break row.findings.add(Anomaly::Stuck, || KEPT.to_owned()),
        }
    }
    Ok(())
}
