//! axum's own chat: a broadcast channel for each room, and two tasks for each socket.
//!
//! The pattern is `examples/chat` of axum 0.8, with a channel for each room and JSON in the messages, which is made
//! once and copied for each recipient. Like it, the channels hold 100 messages, of which a slow socket loses the
//! oldest (there its task ends; here it goes on, so that what it lost is counted), and TCP_NODELAY is left off.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::any;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use peer::{Heard, Place, Said};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What a room holds for the slowest of its sockets.
const ROOM_HOLDS: usize = 100;

/// The channel of each room.
type Rooms = Arc<Mutex<HashMap<String, broadcast::Sender<Utf8Bytes>>>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let app = Router::new()
        .route("/ws", any(upgrade))
        .with_state(Rooms::default());
    axum::serve(peer::listen().await?, app).await
}

async fn upgrade(
    ws: WebSocketUpgrade,
    Query(place): Query<Place>,
    State(rooms): State<Rooms>,
) -> Response {
    ws.on_upgrade(move |socket| connected(socket, place, rooms))
}

async fn connected(socket: WebSocket, place: Place, rooms: Rooms) {
    let (to_socket, from_socket) = socket.split();
    let receiver = channel(&rooms, &place.room).subscribe();
    let mut send = tokio::spawn(write(to_socket, receiver));
    let mut receive = tokio::spawn(read(from_socket, place.user, rooms));
    tokio::select! {
        _ = &mut send => receive.abort(),
        _ = &mut receive => send.abort(),
    }
}

async fn write(
    mut socket: SplitSink<WebSocket, Message>,
    mut room: broadcast::Receiver<Utf8Bytes>,
) {
    loop {
        match room.recv().await {
            Ok(text) => {
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn read(mut socket: SplitStream<WebSocket>, from: String, rooms: Rooms) {
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        let Ok(Said { room, text }) = serde_json::from_str(&text) else {
            continue;
        };
        let sender = channel(&rooms, &room);
        let from = from.clone();
        if let Ok(json) = serde_json::to_string(&Heard { room, from, text }) {
            // Nobody is there: then nobody is told.
            drop(sender.send(json.into()));
        }
    }
}

/// The channel of a room, which is made where there is none.
fn channel(rooms: &Rooms, room: &str) -> broadcast::Sender<Utf8Bytes> {
    let mut rooms = rooms.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = rooms.get(room) {
        return sender.clone();
    }
    let sender = broadcast::channel(ROOM_HOLDS).0;
    rooms.insert(room.to_owned(), sender.clone());
    sender
}
