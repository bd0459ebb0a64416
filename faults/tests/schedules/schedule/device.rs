//! A device of a user: a session without a socket, and what a client makes of its frames.

use std::collections::HashMap;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chat_client::Positions;
use chat_core::chat::{Chat, HistoryQuery};
use chat_core::hub::Sink;
use chat_core::id::{ConversationId, LoginId, Rev, Seq, UserId};
use chat_core::protocol::{Event, MessageView, Reply};
use chat_core::session::{Session, SessionConfig};
use chat_core::store::Window;
use serde_json::{Value, json};
use tokio::time::timeout;

use chat_faults::history::{Kind, Op, Payload, Record};

/// How long a client waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a session writes to.
#[derive(Debug, Default)]
pub(super) struct Wire {
    bytes: Mutex<Vec<u8>>,
    /// The client does not read.
    pub(super) stalled: AtomicBool,
}

impl Sink for Wire {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.stalled.load(Ordering::Acquire) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        slices
            .iter()
            .for_each(|slice| bytes.extend_from_slice(slice));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn wake(&self) {}
}

impl Wire {
    /// Every whole frame so far.
    fn frames(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        let mut rest = bytes.as_slice();
        let mut frames = Vec::new();
        while let [0x81, length, tail @ ..] = rest {
            let (length, start) = match length {
                126 => (usize::from(u16::from_be_bytes([tail[0], tail[1]])), 2),
                127 => {
                    let eight = tail[..8].try_into().expect("eight bytes");
                    (
                        usize::try_from(u64::from_be_bytes(eight)).unwrap_or(usize::MAX),
                        8,
                    )
                }
                short => (usize::from(*short), 0),
            };
            frames.push(serde_json::from_slice(&tail[start..start + length]).expect("JSON"));
            rest = &tail[start + length..];
        }
        frames
    }
}

/// A device, connected or not.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) number: u32,
    pub(super) user: UserId,
    pub(super) login: LoginId,
    /// The node it is connected to.
    pub(super) node: usize,
    pub(super) session: Option<Session>,
    pub(super) wire: Arc<Wire>,
    positions: Positions,
    /// Up to where each conversation was handed out.
    seqs: HashMap<ConversationId, Seq>,
}

impl Device {
    pub(super) fn new(number: u32, user: UserId) -> Self {
        Self {
            number,
            user,
            login: LoginId::new(),
            node: 0,
            session: None,
            wire: Arc::default(),
            positions: Positions::default(),
            seqs: HashMap::new(),
        }
    }

    /// Connects to a node, if it answers in time. The session before, if there is one, is handed back.
    pub(super) async fn connect(
        &mut self,
        node: usize,
        chat: Chat,
        config: SessionConfig,
    ) -> Option<Session> {
        let wire = Arc::new(Wire::default());
        let identity = chat_core::auth::Identity {
            user: self.user.clone(),
            login: Some(self.login),
            expires_at: None,
        };
        let opening = Session::open(chat, config, identity, Arc::clone(&wire) as _);
        let opened = timeout(PATIENCE, opening).await;
        self.positions.resuming = true;
        self.wire = wire;
        self.node = node;
        std::mem::replace(&mut self.session, opened.ok().and_then(Result::ok))
    }

    /// Takes what has come; the records that this makes. `chat` answers for the history.
    pub(super) async fn pump(&mut self, chat: &Chat) -> Vec<Record> {
        let mut records = Vec::new();
        for frame in self.wire.frames() {
            if let Ok(reply) = serde_json::from_value::<Reply>(frame.clone()) {
                self.reply(reply, chat, &mut records).await;
            } else if let Ok(event) = serde_json::from_value::<Event>(frame)
                && self.positions.admit(&event)
            {
                self.event(event, &mut records);
            }
        }
        records
    }

    async fn reply(&mut self, reply: Reply, chat: &Chat, records: &mut Vec<Record>) {
        match reply {
            Reply::Ready { epoch, .. } => {
                self.positions.adopt(epoch);
                self.resume().await;
            }
            Reply::Changes(changes) if self.positions.admit_changes(&changes) => {
                if changes.reset {
                    self.load(changes.conversation.id, changes.rev, chat, records)
                        .await;
                }
                for message in changes.messages {
                    records.push(self.handed(&message));
                }
            }
            Reply::Resumed { .. } => self.positions.resuming = false,
            Reply::Error { code, .. } if code.is_retryable() && self.positions.resuming => {
                self.resume().await;
            }
            _ => {}
        }
    }

    /// A reset says: load the history again.
    async fn load(
        &mut self,
        id: ConversationId,
        upto: Rev,
        chat: &Chat,
        records: &mut Vec<Record>,
    ) {
        loop {
            let after = self.seqs.get(&id).copied().unwrap_or_default();
            let query = HistoryQuery {
                window: Window::After(after),
                limit: Some(200),
            };
            let page = chat.history(&self.user, id, query).await;
            let messages = page.map_or_else(|_| Vec::new(), |page| page.messages);
            let known: Vec<_> = messages
                .into_iter()
                .filter(|(message, _)| message.rev <= upto)
                .collect();
            if known.is_empty() {
                return;
            }
            for (message, _) in known {
                records.push(self.handed(&message.into()));
            }
        }
    }

    async fn resume(&mut self) {
        let Positions { epoch, revs, .. } = &self.positions;
        let command = json!({"type": "resume", "id": "r", "epoch": epoch, "revs": revs});
        let Some(session) = &mut self.session else {
            return;
        };
        let command = command.to_string();
        let handled = timeout(PATIENCE, session.handle(command.as_bytes())).await;
        if handled.is_err() {
            self.session = None;
        }
    }

    fn event(&mut self, event: Event, records: &mut Vec<Record>) {
        if let Event::MessageCreated { message } = event {
            records.push(self.handed(&message));
        }
    }

    fn handed(&mut self, message: &MessageView) -> Record {
        self.seqs.insert(message.conversation_id, message.seq);
        Record::new(self.number, Op::Deliver, Kind::Ok)
            .within(message.conversation_id)
            .of(Payload::of(&message.content))
            .message(message.id)
            .seq(message.seq)
            .rev(message.rev)
    }

    /// Whether it has lost its connection, or was told to go.
    pub(super) fn is_lost(&self) -> bool {
        let session = self.session.as_ref();
        session.is_none_or(|session| session.outbox().closed().is_some())
    }
}
