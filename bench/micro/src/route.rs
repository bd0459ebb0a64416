//! From an event to the sockets of a room: in order, encoded once, written where the batch is.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chat_core::auth::{AuthError, AuthenticateWith, Identity};
use chat_core::chat::Chat;
use chat_core::hub::{JsonFormat, Sink};
use chat_core::id::{Rev, Seq, UserId};
use chat_core::protocol::{Event, MessageBody, MessageView};
use chat_core::session::{Session, SessionConfig};
use tokio::runtime::Runtime;
use tokio::task::yield_now;

use crate::append::{chat, group, runtime};
use crate::frames::TEXT;
use crate::{Failure, Operation};

/// How often other tasks may take a turn until nothing is left to do: a turn writes to 128 connections.
const PATIENCE: usize = 1_000;

/// Publishes a message into a room of that many connections, and waits until each has it.
pub(crate) fn into(connections: usize) -> Result<Operation, Failure> {
    let mut room = Room::open(connections)?;
    Ok(Box::new(move || room.publish()))
}

/// A socket that takes everything; all connections write to the same one.
#[derive(Debug, Default)]
struct Taker {
    writes: AtomicUsize,
}

impl Sink for Taker {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn wake(&self) {}
}

struct Room {
    runtime: Runtime,
    chat: Chat,
    sessions: Vec<Session>,
    socket: Arc<Taker>,
    /// The last message that was published.
    last: MessageView,
}

impl Room {
    /// A room with a sender who is not connected, and that many members who are.
    fn open(connections: usize) -> Result<Self, Failure> {
        let runtime = runtime()?;
        let (chat, users) = chat(connections + 1)?;
        let socket = Arc::new(Taker::default());
        let (last, sessions) = runtime.block_on(async {
            let group = group(&chat, &users).await?;
            let sent = chat.send(&users[0], group, MessageBody::text(TEXT)).await?;
            let sessions = open(&chat, &users[1..], &socket).await?;
            Ok::<_, Failure>((sent.message.into(), sessions))
        })?;
        let room = Self {
            runtime,
            chat,
            sessions,
            socket,
            last,
        };
        room.settle();
        Ok(room)
    }

    /// Lets everything be done that opening the sessions led to.
    fn settle(&self) {
        let socket = &self.socket;
        self.runtime.block_on(async {
            let mut before = usize::MAX;
            while before != socket.writes.load(Ordering::Relaxed) {
                before = socket.writes.load(Ordering::Relaxed);
                for _ in 0..PATIENCE {
                    yield_now().await;
                }
            }
        });
    }

    /// Publishes the next message: one that no store knows, which the hub does not ask as there is no gap.
    fn publish(&mut self) -> Result<(), Failure> {
        self.last.seq = Seq::new(self.last.seq.get() + 1).ok_or("no further seq")?;
        self.last.rev = Rev::new(self.last.rev.get() + 1).ok_or("no further rev")?;
        let message = self.last.clone();
        let (hub, conversation) = (self.chat.hub(), message.conversation_id);
        let socket = &self.socket;
        let all = socket.writes.load(Ordering::Relaxed) + self.sessions.len();
        self.runtime.block_on(async {
            hub.publish(conversation, [Event::MessageCreated { message }]);
            for _ in 0..PATIENCE {
                if socket.writes.load(Ordering::Relaxed) >= all {
                    return Ok(());
                }
                yield_now().await;
            }
            Err("a connection did not get it".into())
        })
    }
}

impl Drop for Room {
    /// What a session leaves behind is done by tasks, which need the runtime.
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.sessions.clear();
    }
}

/// A session of each user; nobody authenticates again.
async fn open(chat: &Chat, users: &[UserId], socket: &Arc<Taker>) -> Result<Vec<Session>, Failure> {
    let nobody = AuthenticateWith::new(|_: String| async { Err(AuthError::Invalid) });
    let config = SessionConfig {
        authenticator: Arc::new(nobody),
        format: Arc::new(JsonFormat),
    };
    let mut sessions = Vec::new();
    for user in users {
        let (chat, config) = (chat.clone(), config.clone());
        let socket: Arc<dyn Sink> = Arc::<Taker>::clone(socket);
        sessions.push(Session::open(chat, config, Identity::of(user.clone()), socket).await?);
    }
    Ok(sessions)
}
