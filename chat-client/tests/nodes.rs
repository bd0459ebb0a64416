//! A client of several nodes goes to the next one when it loses the one it has.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::Duration;

use chat_client::{Client, Delivery, Rest};
use chat_core::id::{Epoch, Timestamp, UserId};
use chat_core::protocol::Reply;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async, accept_hdr_async};

/// A node that does what the test says.
struct Node {
    listener: TcpListener,
}

impl Node {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    fn base(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// A client comes and resumes.
    async fn welcome(&self) -> WebSocketStream<TcpStream> {
        let (stream, _) = soon(self.listener.accept()).await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let epoch = Epoch::random();
        let ready = Reply::Ready {
            user_id: UserId::new("ada").unwrap(),
            connection_id: 1,
            epoch,
            server_time: Timestamp::now(),
        };
        socket.send(frame(&ready)).await.unwrap();
        soon(socket.next()).await.unwrap().unwrap();
        let resumed = Reply::Resumed {
            id: None,
            epoch,
            left: Vec::new(),
            markers: Vec::new(),
        };
        socket.send(frame(&resumed)).await.unwrap();
        socket
    }
}

fn frame(reply: &Reply) -> Message {
    Message::text(serde_json::to_string(reply).unwrap())
}

async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(10), future).await.unwrap()
}

#[tokio::test]
async fn a_client_moves_to_the_next_node_and_tells_the_close_code() {
    let (first, second) = (Node::start().await, Node::start().await);
    let rest = Rest::new(first.base()).unwrap();
    let mut client = Client::connect_any(&rest, vec![first.base(), second.base()]);
    let going_away = CloseFrame {
        code: 1001.into(),
        reason: "".into(),
    };

    let mut socket = first.welcome().await;
    assert_eq!(soon(client.next()).await, Some(Delivery::Live));
    socket.close(Some(going_away)).await.unwrap();
    assert_eq!(
        soon(client.next()).await,
        Some(Delivery::Lost { code: Some(1001) })
    );

    let socket = second.welcome().await;
    assert_eq!(soon(client.next()).await, Some(Delivery::Live));
    drop(socket);
    assert_eq!(
        soon(client.next()).await,
        Some(Delivery::Lost { code: None }),
        "the connection ended without a close frame"
    );

    let _socket = first.welcome().await;
    assert_eq!(soon(client.next()).await, Some(Delivery::Live));
}

#[tokio::test]
async fn a_node_that_is_not_there_is_passed_over() {
    let (gone, here) = (Node::start().await.base(), Node::start().await);
    let rest = Rest::new(&*gone).unwrap();
    let mut client = Client::connect_any(&rest, vec![gone, here.base()]);

    let _socket = here.welcome().await;

    assert_eq!(soon(client.next()).await, Some(Delivery::Live));
}

#[tokio::test]
async fn a_client_shows_the_token_of_a_login_that_is_the_hosts_own() {
    let node = Node::start().await;
    let ada = UserId::new("ada").unwrap();
    let rest = Rest::new(node.base())
        .unwrap()
        .with_token(ada.clone(), "of the shop");
    assert_eq!(
        (rest.user(), rest.token()),
        (Some(&ada), Some("of the shop"))
    );

    let _client = Client::connect(&rest);

    let (stream, _) = soon(node.listener.accept()).await.unwrap();
    let mut shown = None;
    #[expect(
        clippy::result_large_err,
        reason = "what the handshake's callback gives"
    )]
    let see = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        shown = request.headers().get("authorization").cloned();
        Ok(response)
    };
    accept_hdr_async(stream, see).await.unwrap();
    assert_eq!(shown.unwrap(), "Bearer of the shop");
}
