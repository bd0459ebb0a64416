//! The chat that one would write with warp on a first day: warp's own WebSockets, a map of channels, a task for each
//! socket, and the JSON of a message made anew for each recipient.
//!
//! The pattern is `examples/websockets_chat.rs` of warp 0.4, with rooms in the map and JSON in the messages. Like it,
//! it leaves TCP_NODELAY off and the channels without a bound; it keeps and checks nothing.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{SinkExt, StreamExt};
use peer::{Heard, Place, Said};
use tokio::sync::{RwLock, mpsc};
use warp::Filter;
use warp::ws::{Message, WebSocket};

static NEXT_ID: AtomicUsize = AtomicUsize::new(1);

/// The sockets of each room.
type Rooms = Arc<RwLock<HashMap<String, HashMap<usize, mpsc::UnboundedSender<Message>>>>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let rooms = Rooms::default();
    let rooms = warp::any().map(move || Arc::clone(&rooms));
    let chat = warp::path("ws")
        .and(warp::ws())
        .and(warp::query::<Place>())
        .and(rooms)
        .map(|ws: warp::ws::Ws, place, rooms| {
            ws.on_upgrade(move |socket| connected(socket, place, rooms))
        });
    warp::serve(chat)
        .incoming(peer::listen().await?)
        .run()
        .await;
    Ok(())
}

async fn connected(socket: WebSocket, place: Place, rooms: Rooms) {
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let (mut to_socket, mut from_socket) = socket.split();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = receiver.recv().await {
            if to_socket.send(message).await.is_err() {
                return;
            }
        }
    });
    let mut map = rooms.write().await;
    map.entry(place.room.clone())
        .or_default()
        .insert(id, sender);
    drop(map);
    while let Some(Ok(message)) = from_socket.next().await {
        tell(&message, &place.user, &rooms).await;
    }
    let mut map = rooms.write().await;
    if let Some(room) = map.get_mut(&place.room) {
        room.remove(&id);
    }
}

/// Tells everybody in the room; a message that is something else is passed over.
async fn tell(message: &Message, from: &str, rooms: &Rooms) {
    let Ok(Ok(said)) = message.to_str().map(serde_json::from_str::<Said>) else {
        return;
    };
    let heard = Heard {
        room: said.room,
        from: from.to_owned(),
        text: said.text,
    };
    let rooms = rooms.read().await;
    for sender in rooms.get(&heard.room).into_iter().flat_map(HashMap::values) {
        if let Ok(json) = serde_json::to_string(&heard) {
            // Whoever is gone takes itself out of the map.
            drop(sender.send(Message::text(json)));
        }
    }
}
