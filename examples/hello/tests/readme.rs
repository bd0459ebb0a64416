//! The README's embedding, as it stands there, run.

use std::process::{Child, Command};
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

const SOURCE: &str = include_str!("../src/main.rs");

const README: &str = include_str!("../../../README.md");

const SOON: Duration = Duration::from_secs(10);

/// The program, until the test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn the_readme_shows_the_program_and_it_is_short() {
    let shown = README.split("```rust\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();

    assert_eq!(SOURCE.split_once("\n\n").unwrap().1, shown);
    assert!(shown.lines().count() <= 26);
}

#[tokio::test]
async fn two_users_talk_through_it_beside_the_hosts_own_routes() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut program = Command::new(env!("CARGO_BIN_EXE_hello"));
    let _running = Running(program.env("ADDRESS", &address).spawn().unwrap());
    let http = Client::builder().no_proxy().build().unwrap();
    let url = |path: &str| format!("http://{address}{path}");
    let own = timeout(SOON, async {
        loop {
            match http.get(url("/orders")).send().await {
                Ok(answer) => return answer.text().await.unwrap(),
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    });
    assert_eq!(own.await.unwrap(), "your own routes");

    let opened = format!("ws://{address}/chat/api/v1/ws");
    let mut opened = opened.into_client_request().unwrap();
    let bob = "Bearer bob".parse().unwrap();
    opened.headers_mut().insert("authorization", bob);
    let (mut socket, _) = connect_async(opened).await.unwrap();
    let post = async |path: &str, body: Value| {
        let asked = http.post(url(path)).bearer_auth("ada").json(&body);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json::<Value>().await.unwrap()
    };
    let direct = json!({"type": "direct", "participant_id": "bob"});
    let direct = post("/chat/api/v1/conversations", direct).await;
    let id = direct["id"].as_str().unwrap();
    let path = format!("/chat/api/v1/conversations/{id}/messages");
    post(&path, json!({"content": "hello"})).await;

    let heard = timeout(SOON, async {
        loop {
            if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["type"] == "message_created" {
                    return frame["message"]["content"].clone();
                }
            }
        }
    });
    assert_eq!(heard.await.unwrap(), "hello");
}
