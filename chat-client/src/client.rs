//! A connection that lasts: it comes back, resumes, and repeats what was not acknowledged.

use std::collections::BTreeMap;
use std::time::Duration;

use chat_core::id::{ClientId, ConversationId};
use chat_core::protocol::{
    Acked, ChangesView, CloseCode, Code, Command, Event, MessageBody, Reply, Request, RequestId,
    Resume, SendMessage,
};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use crate::position::Positions;
use crate::rest::Rest;
use crate::socket::{Incoming, Socket};

/// Events that wait for a reader; the socket waits with them.
const EVENTS: usize = 1_024;

/// Sends that wait for their turn.
const SENDS: usize = 1_024;

/// The first wait before a reconnection; it doubles up to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The longest wait before a reconnection.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The id of resume commands; sends count from 1.
const RESUME: u64 = 0;

/// What a client hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Something happened; in order, each once.
    Event(Event),
    /// What was missed in one conversation.
    Changes(ChangesView),
    /// The connection is up and everything missed has been handed out.
    Live,
    /// The connection was lost, and is being made again.
    Lost {
        /// The close code that the server gave; none if it gave none (1006 in RFC 6455's words).
        code: Option<u16>,
    },
    /// The client ended for good with this close code.
    Ended(u16),
}

/// Why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server refused it for good.
    #[error("refused: {0}")]
    Refused(Code),
    /// The client ended before it was known.
    #[error("the client has ended")]
    Ended,
}

/// Sends messages through a client. Clones share it.
#[derive(Debug, Clone)]
pub struct Sender {
    sends: mpsc::Sender<Pending>,
}

#[derive(Debug)]
struct Pending {
    message: SendMessage,
    done: oneshot::Sender<Result<Acked, SendError>>,
}

impl Sender {
    /// Sends a message and waits until it is stored. It is repeated under one client id, over as
    /// many connections as it takes.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(
        &self,
        conversation: ConversationId,
        mut body: MessageBody,
    ) -> Result<Acked, SendError> {
        if body.client_id.is_none() {
            body.client_id = ClientId::new(uuid::Uuid::new_v4().to_string()).ok();
        }
        let (done, answer) = oneshot::channel();
        let message = SendMessage::new(conversation, body);
        self.sends
            .send(Pending { message, done })
            .await
            .map_err(|_| SendError::Ended)?;
        answer.await.unwrap_or(Err(SendError::Ended))
    }
}

/// A client's connection, kept up in the background until it is dropped.
#[derive(Debug)]
pub struct Client {
    sender: Sender,
    deliveries: mpsc::Receiver<Delivery>,
}

impl Client {
    /// Connects in the name of the user whom `rest` is logged in as.
    #[must_use]
    pub fn connect(rest: &Rest) -> Self {
        Self::connect_any(rest, Vec::new())
    }

    /// The same to one of several nodes of one service, by their addresses as [`Rest::new`] takes them: to the
    /// first, and after each failure to the next, round and round. Without any it is `rest`'s own.
    #[must_use]
    pub fn connect_any(rest: &Rest, mut bases: Vec<String>) -> Self {
        if bases.is_empty() {
            bases.push(rest.base().to_owned());
        }
        let (sends, pending) = mpsc::channel(SENDS);
        let (out, deliveries) = mpsc::channel(EVENTS);
        let link = Link {
            bases,
            token: rest.token().unwrap_or_default().to_owned(),
            positions: Positions::default(),
            open: BTreeMap::new(),
            next_id: 0,
            out,
        };
        tokio::spawn(link.run(pending));
        Self {
            sender: Sender { sends },
            deliveries,
        }
    }

    /// A handle to send with.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// The next thing that happened; none once the client has ended.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.deliveries.recv().await
    }
}

/// What the server sends: an event or a reply.
#[derive(Deserialize)]
#[serde(untagged)]
enum Frame {
    Reply(Reply),
    Event(Event),
}

/// The background task.
struct Link {
    /// Nodes to connect to; the first is the present one. Never empty.
    bases: Vec<String>,
    token: String,
    positions: Positions,
    /// Sends without an answer, in order.
    open: BTreeMap<u64, Pending>,
    next_id: u64,
    out: mpsc::Sender<Delivery>,
}

impl Link {
    async fn run(mut self, mut pending: mpsc::Receiver<Pending>) {
        let mut wait = FIRST_WAIT;
        while !self.out.is_closed() {
            if let Ok(mut socket) = Socket::open(&self.bases[0], &self.token).await {
                wait = FIRST_WAIT;
                let code = self.serve(&mut socket, &mut pending).await;
                let known = code
                    .and_then(|code| CloseCode::ALL.iter().find(|known| known.as_u16() == code));
                if let (Some(code), Some(false)) = (code, known.map(|known| known.may_reconnect()))
                {
                    // Nobody may be listening any more.
                    let _ = self.out.send(Delivery::Ended(code)).await;
                    return;
                }
                if self.out.send(Delivery::Lost { code }).await.is_err() {
                    return;
                }
            }
            self.bases.rotate_left(1);
            sleep(wait).await;
            wait = (wait * 2).min(MAX_WAIT);
        }
    }

    /// Runs one connection to its end.
    async fn serve(
        &mut self,
        socket: &mut Socket,
        pending: &mut mpsc::Receiver<Pending>,
    ) -> Option<u16> {
        self.positions.resuming = true;
        loop {
            let took = tokio::select! {
                incoming = socket.next() => match incoming {
                    Incoming::Text(text) => self.take(socket, &text).await,
                    Incoming::Closed(code) => return code,
                },
                next = pending.recv(), if self.open.len() < SENDS && !self.positions.resuming => match next {
                    Some(next) => self.begin(socket, next).await,
                    None => return Some(CloseCode::Normal.as_u16()),
                },
            };
            took?;
        }
    }

    async fn begin(&mut self, socket: &mut Socket, pending: Pending) -> Option<()> {
        self.next_id += 1;
        let text = command(self.next_id, Command::Message(pending.message.clone()))?;
        self.open.insert(self.next_id, pending);
        socket.send(text).await.ok()
    }

    async fn take(&mut self, socket: &mut Socket, text: &str) -> Option<()> {
        let Ok(frame) = serde_json::from_str::<Frame>(text) else {
            tracing::debug!("a frame of a newer server");
            return Some(());
        };
        match frame {
            Frame::Event(event) if self.positions.admit(&event) => {
                self.hand_out(Delivery::Event(event)).await
            }
            Frame::Event(_) => Some(()),
            Frame::Reply(reply) => self.reply(socket, reply).await,
        }
    }

    async fn reply(&mut self, socket: &mut Socket, reply: Reply) -> Option<()> {
        match reply {
            Reply::Ready { epoch, .. } => {
                self.positions.adopt(epoch);
                self.resume(socket).await
            }
            Reply::Changes(changes) if self.positions.admit_changes(&changes) => {
                self.hand_out(Delivery::Changes(changes)).await
            }
            Reply::Resumed { .. } => {
                self.positions.resuming = false;
                self.repeat(socket).await?;
                self.hand_out(Delivery::Live).await
            }
            Reply::Ack {
                id,
                message: Some(acked),
            } => {
                self.settle(id.as_ref(), Ok(acked));
                Some(())
            }
            Reply::Error {
                id,
                code,
                retry_after_ms,
                ..
            } => self.failed(socket, id.as_ref(), code, retry_after_ms).await,
            _ => Some(()),
        }
    }

    async fn resume(&self, socket: &mut Socket) -> Option<()> {
        let Positions { epoch, revs, .. } = &self.positions;
        let resume = serde_json::json!({"epoch": epoch, "revs": revs});
        let resume: Resume = serde_json::from_value(resume).ok()?;
        socket
            .send(command(RESUME, Command::Resume(resume))?)
            .await
            .ok()
    }

    /// Sends again what the last connection left unanswered, in order.
    async fn repeat(&self, socket: &mut Socket) -> Option<()> {
        for (id, pending) in &self.open {
            let text = command(*id, Command::Message(pending.message.clone()))?;
            socket.send(text).await.ok()?;
        }
        Some(())
    }

    /// A failure that may pass is repeated, after the server's hint.
    async fn failed(
        &mut self,
        socket: &mut Socket,
        id: Option<&RequestId>,
        code: Code,
        retry_after_ms: Option<u64>,
    ) -> Option<()> {
        if !code.is_retryable() {
            if id.is_some_and(|id| id.as_str() == RESUME.to_string()) {
                // Another connection may be answered better.
                return None;
            }
            self.settle(id, Err(SendError::Refused(code)));
            return Some(());
        }
        let id: u64 = id?.as_str().parse().ok()?;
        if id == RESUME {
            sleep(hint(retry_after_ms)).await;
            return self.resume(socket).await;
        }
        let Some(pending) = self.open.get(&id) else {
            return Some(());
        };
        let text = command(id, Command::Message(pending.message.clone()))?;
        sleep(Duration::from_millis(
            retry_after_ms.unwrap_or(100).min(2_000),
        ))
        .await;
        socket.send(text).await.ok()
    }

    fn settle(&mut self, id: Option<&RequestId>, answer: Result<Acked, SendError>) {
        let id = id.and_then(|id| id.as_str().parse::<u64>().ok());
        if let Some(pending) = id.and_then(|id| self.open.remove(&id)) {
            // The sender may have stopped waiting.
            let _ = pending.done.send(answer);
        }
    }

    async fn hand_out(&self, delivery: Delivery) -> Option<()> {
        self.out.send(delivery).await.ok()
    }
}

/// How long to wait before a request is repeated.
fn hint(retry_after_ms: Option<u64>) -> Duration {
    Duration::from_millis(retry_after_ms.unwrap_or(100).min(2_000))
}

fn command(id: u64, command: Command) -> Option<String> {
    let id = RequestId::new(id.to_string()).ok();
    serde_json::to_string(&Request { id, command }).ok()
}
