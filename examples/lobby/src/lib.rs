//! One room of guests: whoever comes gives a name and talks, and nothing is kept after the process.
//!
//! The room is a group of the chat's that the lobby keeps, and who is in it is a member: [`Guests`] are the chat's
//! users, `frames` writes its events as the front end expects them, and `socket` takes what the front end says.

mod frames;
mod guests;
mod routes;
mod socket;

use std::sync::Arc;
use std::time::Instant;

use chat_core::chat::{Chat, Error, Room};
use chat_core::id::UserId;
use chat_core::memory::MemoryStore;
use chat_core::protocol::Limits;
use chat_transport_warp::ws::SocketConfig;

use frames::Frames;

pub use guests::Guests;

/// How many guests there may be, the house included.
const GUESTS: u32 = 1_000;

/// The lobby. Clones share it.
#[derive(Debug, Clone)]
pub struct Lobby {
    chat: Chat,
    guests: Guests,
    /// One for all, so that a frame is written once.
    format: Arc<Frames>,
    room: Room,
    opened: Instant,
    origins: Vec<String>,
    socket: SocketConfig,
}

impl Lobby {
    /// An empty lobby. Front ends at `origins` may read its answers.
    ///
    /// # Errors
    /// [`Error`] if the room cannot be made.
    pub async fn open(origins: Vec<String>, socket: SocketConfig) -> Result<Self, Error> {
        let store = MemoryStore::new();
        let limits = Limits {
            group_members: GUESTS,
            ..Limits::default()
        };
        let chat = Chat::builder(store.clone(), store.clone()).limits(limits);
        let chat = chat.build();
        Ok(Self {
            room: Room::create(&chat, house(), "Lobby").await?,
            chat,
            format: Arc::new(Frames(store.clone())),
            guests: Guests::new(store),
            opened: Instant::now(),
            origins,
            socket,
        })
    }

    /// The chat.
    #[must_use]
    pub const fn chat(&self) -> &Chat {
        &self.chat
    }
}

/// The room's keeper, who is no guest.
fn house() -> UserId {
    UserId::new("house").expect("a word is an id")
}
