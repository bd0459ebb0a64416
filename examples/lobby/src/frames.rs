//! The front end's frames.

use chat_core::hub::WireFormat;
use chat_core::id::{Timestamp, UserId};
use chat_core::memory::MemoryStore;
use chat_core::protocol::{Event, Frame};
use serde::{Deserialize, Serialize};

/// A frame to the front end.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Out<'a> {
    r#type: &'static str,
    username: &'a str,
    user_id: &'a str,
    content: &'a str,
    timestamp: Timestamp,
}

/// A frame of the front end. Who it is from, and when, is known without it: whatever it says of that is passed over.
#[derive(Deserialize)]
pub(crate) struct Said {
    /// `chat`, the only thing that a guest says.
    #[serde(default)]
    pub(crate) r#type: Option<String>,
    /// The text.
    pub(crate) content: String,
}

/// What went wrong, for the one who did it.
pub(crate) fn error(content: &str) -> Frame {
    Frame::json(&Out {
        r#type: "error",
        username: "",
        user_id: "",
        content,
        timestamp: Timestamp::now(),
    })
}

/// The room's events as the front end's frames: the same for all, so each is written once.
#[derive(Debug)]
pub(crate) struct Frames(pub(crate) MemoryStore);

impl Frames {
    /// The first frame of a guest's connection.
    pub(crate) fn welcome(&self, user: &UserId) -> Option<Frame> {
        self.moved(user, "welcome", |name| format!("Welcome, {name}!"))
    }

    fn moved(
        &self,
        user: &UserId,
        r#type: &'static str,
        tell: impl FnOnce(&str) -> String,
    ) -> Option<Frame> {
        let content = tell(&self.0.profile(user)?.display_name);
        self.about(user, r#type, &content, Timestamp::now())
    }

    fn about(
        &self,
        user: &UserId,
        r#type: &'static str,
        content: &str,
        timestamp: Timestamp,
    ) -> Option<Frame> {
        Some(Frame::json(&Out {
            r#type,
            username: &self.0.profile(user)?.display_name,
            user_id: user.as_str(),
            content,
            timestamp,
        }))
    }
}

impl WireFormat for Frames {
    fn encode(&self, event: &Event) -> Option<Frame> {
        match event {
            Event::MessageCreated { message: said } => {
                self.about(&said.sender_id, "chat", &said.content, said.created_at)
            }
            Event::MemberUpdated { member, .. } => {
                self.moved(&member.user_id, "join", |name| format!("{name} joined"))
            }
            Event::MemberRemoved { member, .. } => {
                self.moved(&member.user_id, "leave", |name| format!("{name} left"))
            }
            _ => None,
        }
    }
}
