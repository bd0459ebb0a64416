//! Defects that such servers are known for, and that must be absent here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::time::Duration;

use common::{Guest, SOON, World};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::{MaybeTlsStream, client_async};

/// Enough to fill every buffer between the lobby and somebody who does not read.
const TALKERS: usize = 12;
const EACH: usize = 55;

/// A guest who never reads, with a small buffer.
async fn deaf(world: &World) -> Guest {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let stream = socket.connect(world.address).await.unwrap();
    let url = format!("ws://{}/ws?username=deaf", world.address);
    let (stream, _) = client_async(url, MaybeTlsStream::Plain(stream))
        .await
        .unwrap();
    Guest { stream }
}

/// Says much, each thing once the one before was heard, and listens until `deaf` has left.
async fn talk(mut guest: Guest, name: String) {
    let text = "😀".repeat(4_000);
    let mut said = 0;
    guest.say(&text).await;
    loop {
        let frame = guest.frame().await;
        match frame["type"].as_str() {
            Some("chat") if frame["username"] == name.as_str() && said < EACH => {
                guest.say(&text).await;
                said += 1;
            }
            Some("leave") if frame["username"] == "deaf" => return,
            Some("chat" | "join" | "leave") => {}
            _ => panic!("{frame}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_buffer_closes_that_connection_alone_and_nothing_panics() {
    let world = World::open().await;
    let _deaf = deaf(&world).await;
    while world.get("/api/users").await["count"] != 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut guests = Vec::new();
    for number in 0..TALKERS {
        let name = format!("talker{number}");
        guests.push((world.guest(&name).await, name));
    }
    let mut talkers = JoinSet::new();
    for (guest, name) in guests {
        talkers.spawn(talk(guest, name));
    }

    while let Some(talked) = timeout(3 * SOON, talkers.join_next()).await.unwrap() {
        talked.unwrap();
    }

    let mut ada = world.guest("Ada").await;
    ada.say("all is well").await;
    // What the talkers said last may still come in between.
    loop {
        let frame = ada.frame().await;
        if frame["type"] == "chat" && frame["username"] == "Ada" {
            assert_eq!(frame["content"], json!("all is well"));
            return;
        }
    }
}

#[tokio::test]
async fn a_name_of_32_characters_of_any_script_is_one() {
    let world = World::open().await;
    let mut watching = world.guest("Ada").await;
    for sign in ["x", "字", "😀"] {
        let name = sign.repeat(32);
        let guest = world.guest(&name).await;
        assert_eq!(world.get("/api/users").await["count"], 2, "{name}");
        drop(guest);
        loop {
            let frame = watching.frame().await;
            if frame["type"] == "leave" {
                assert_eq!(frame["username"], name.as_str(), "{frame}");
                break;
            }
        }
    }
}
