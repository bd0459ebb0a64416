//! The floor: the least that a server can do for a room.
//!
//! A client connects to `/ws?room=R`; each of its text frames is copied, as it came, to every socket of the room. A
//! frame is copied once, behind one head, and written to the sockets where it was read; a queue holds only what a full
//! socket did not take. Nothing is parsed, checked or kept: what another server costs above this, it spends on being
//! more than a copier.

mod handshake;
mod rooms;
mod socket;

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};

use super::{Ready, listen, say};
use crate::Failure;
use rooms::Rooms;
use socket::Socket;

/// Serves until the process is ended.
pub(crate) async fn run() -> Result<(), Failure> {
    let listener = listen()?;
    let port = listener.local_addr()?.port();
    let ready = Ready {
        port,
        ..Ready::default()
    };
    say(&ready)?;
    accept(listener).await
}

async fn accept(listener: TcpListener) -> Result<(), Failure> {
    let rooms = Arc::new(Rooms::default());
    loop {
        let (stream, _) = listener.accept().await?;
        let rooms = Arc::clone(&rooms);
        tokio::spawn(async move {
            // A client that goes, or is none, ends its own connection alone.
            drop(connection(stream, &rooms).await);
        });
    }
}

async fn connection(mut stream: TcpStream, rooms: &Rooms) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let opening = handshake::read(&mut stream).await?;
    let room = rooms.room(&opening.room);
    let socket = Arc::new(Socket::new(stream));
    // The answer is the first thing in the socket, and whoever has it is in the room.
    socket.send(&[opening.answer.into()]);
    room.join(&socket);
    let ended = socket.serve(&room, opening.early).await;
    room.leave(&socket);
    Ok(ended?)
}
