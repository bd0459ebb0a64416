//! Socket.IO's rooms as socketioxide has them, on axum.
//!
//! The pattern is the basic example in socketioxide 0.18's documentation, with the rooms of its `operators` module. Its
//! defaults are left as they are: a socket for which 128 packets wait loses further ones, and TCP_NODELAY is off.

use std::io;

use axum::Router;
use serde::{Deserialize, Serialize};
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};

/// What a client says.
#[derive(Debug, Deserialize)]
struct Say {
    room: String,
    text: String,
}

/// What the room is told.
#[derive(Debug, Serialize)]
struct Told {
    from: String,
    text: String,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on("join", join);
        socket.on("say", say);
    });
    axum::serve(peer::listen().await?, Router::new().layer(layer)).await
}

async fn join(socket: SocketRef, Data(room): Data<String>) {
    socket.join(room.clone());
    // A socket that is gone needs no answer.
    drop(socket.emit("joined", &room));
}

async fn say(io: SocketIo, socket: SocketRef, Data(Say { room, text }): Data<Say>) {
    let from = socket.id.to_string();
    // Those whose queue is full do not get it, which is all that an error here says.
    drop(io.to(room).emit("say", &Told { from, text }).await);
}
