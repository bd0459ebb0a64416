//! A chat in memory, its users and their devices.

use std::io::{self, ErrorKind, IoSlice};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::auth::{AuthError, Authenticator, Credential, Identity};
use chat_core::chat::Chat;
use chat_core::hub::{JsonFormat, Sink};
use chat_core::id::{ConversationId, LoginId, Timestamp, UserId};
use chat_core::memory::MemoryStore;
use chat_core::model::Profile;
use chat_core::presence::PresenceBus;
use chat_core::protocol::{CloseCode, Limits, MessageBody};
use chat_core::session::{Session, SessionConfig};
use serde_json::Value;

/// Where a session writes to.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    pub(crate) bytes: Mutex<Vec<u8>>,
    /// How often something was written.
    pub(crate) writes: AtomicUsize,
    /// A socket whose peer does not read.
    pub(crate) stalled: AtomicBool,
}

impl Sink for Wire {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.stalled.load(Ordering::Acquire) {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.writes.fetch_add(1, Ordering::Relaxed);
        let mut bytes = self.bytes.lock().unwrap();
        slices
            .iter()
            .for_each(|slice| bytes.extend_from_slice(slice));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn wake(&self) {}
}

/// Takes `user` or `user/seconds` as a token: who it is and for how long.
#[derive(Debug)]
pub(crate) struct ByName;

#[async_trait]
impl Authenticator for ByName {
    async fn authenticate(&self, credential: Credential<'_>) -> Result<Identity, AuthError> {
        let Credential::Bearer(token) = credential else {
            return Err(AuthError::Invalid);
        };
        let (name, life) = token.split_once('/').ok_or(AuthError::Invalid)?;
        let life = Duration::from_secs(life.parse().map_err(|_| AuthError::Invalid)?);
        let expires_at = Some(Timestamp::now().plus(life));
        Ok(Identity {
            user: user(name),
            login: None,
            expires_at,
        })
    }
}

pub(crate) struct World {
    pub(crate) chat: Chat,
    pub(crate) store: MemoryStore,
    pub(crate) config: SessionConfig,
}

pub(crate) struct Device {
    pub(crate) session: Session,
    pub(crate) wire: Arc<Wire>,
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn generous() -> Limits {
    Limits {
        send_burst: 1_000_000,
        frame_burst: 1_000_000,
        group_members: 2_000,
        ..Limits::default()
    }
}

impl World {
    pub(crate) fn new(limits: Limits, names: &[&str]) -> Self {
        let store = MemoryStore::new();
        for name in names {
            let (id, display_name) = (user(name), (*name).to_owned());
            store.insert_user(Profile {
                id,
                username: None,
                display_name,
                avatar: None,
                avatar_url: None,
            });
        }
        let chat = Chat::builder(store.clone(), store.clone()).limits(limits);
        Self::of(store, chat.build())
    }

    /// A world around this chat.
    pub(crate) fn of(store: MemoryStore, chat: Chat) -> Self {
        let config = SessionConfig {
            authenticator: Arc::new(ByName),
            format: Arc::new(JsonFormat),
        };
        Self {
            chat,
            store,
            config,
        }
    }

    /// Two nodes on one store and one bus.
    pub(crate) fn pair(names: &[&str], bus: &(impl PresenceBus + Clone)) -> [Self; 2] {
        let store = Self::new(generous(), names).store;
        [(); 2].map(|()| Self::node(&store, bus.clone()))
    }

    /// A node on this store and bus.
    pub(crate) fn node(store: &MemoryStore, bus: impl PresenceBus) -> Self {
        let chat = Chat::builder(store.clone(), store.clone()).limits(generous());
        Self::of(store.clone(), chat.bus(bus).build())
    }

    pub(crate) async fn device(&self, name: &str) -> Device {
        self.device_with(name, None, None).await
    }

    pub(crate) async fn device_with(
        &self,
        name: &str,
        login: Option<LoginId>,
        life: Option<u64>,
    ) -> Device {
        let wire = Arc::new(Wire::default());
        let expires_at = life.map(|life| Timestamp::now().plus(Duration::from_secs(life)));
        let identity = Identity {
            user: user(name),
            login,
            expires_at,
        };
        let (chat, config) = (self.chat.clone(), self.config.clone());
        let session = Session::open(chat, config, identity, Arc::clone(&wire) as _)
            .await
            .unwrap();
        Device { session, wire }
    }

    pub(crate) async fn group(&self, owner: &str, members: &[&str]) -> ConversationId {
        let members: Vec<UserId> = members.iter().map(|name| user(name)).collect();
        self.chat
            .create_group(&user(owner), "A group", &members)
            .await
            .unwrap()
            .conversation
            .id
    }

    pub(crate) async fn send(&self, name: &str, id: ConversationId, text: &str) {
        self.chat
            .send(&user(name), id, MessageBody::text(text))
            .await
            .unwrap();
    }
}

impl Device {
    pub(crate) async fn say(&mut self, frame: Value) {
        self.session.handle(frame.to_string().as_bytes()).await;
        settle().await;
    }

    /// Everything written since the last call.
    pub(crate) fn read(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.wire.bytes.lock().unwrap());
        let mut rest = bytes.as_slice();
        let mut frames = Vec::new();
        while let [0x81, short, tail @ ..] = rest {
            let (length, start) = match short {
                126 => (usize::from(u16::from_be_bytes([tail[0], tail[1]])), 2),
                127 => (
                    usize::try_from(u64::from_be_bytes(tail[..8].try_into().unwrap())).unwrap(),
                    8,
                ),
                short => (usize::from(*short), 0),
            };
            frames.push(serde_json::from_slice(&tail[start..start + length]).unwrap());
            rest = &tail[start + length..];
        }
        assert_eq!(rest, b"", "whole text frames");
        frames
    }

    pub(crate) fn read_kind(&self, kind: &str) -> Vec<Value> {
        self.read()
            .into_iter()
            .filter(|frame| frame["type"] == kind)
            .collect()
    }

    /// The seqs of the messages written since the last call, as events or changes.
    pub(crate) fn seqs(&self) -> Vec<i64> {
        let frames = self.read();
        let messages = frames
            .iter()
            .flat_map(|frame| match frame["type"].as_str() {
                Some("message_created") => vec![frame["message"]["seq"].as_i64().unwrap()],
                Some("changes") => frame["messages"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|m| m["seq"].as_i64().unwrap())
                    .collect(),
                _ => Vec::new(),
            });
        messages.collect()
    }

    pub(crate) fn closed(&self) -> Option<CloseCode> {
        self.session.outbox().closed()
    }
}

/// Lets everything that can run, run.
pub(crate) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
