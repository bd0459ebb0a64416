//! The front end's frames.

use chat_core::hub::WireFormat;
use chat_core::id::{Timestamp, UserId};
use chat_core::protocol::{Event, Frame};
use serde::{Deserialize, Serialize};

use crate::guests::Guest;

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

/// The first frame of a guest's connection.
pub(crate) fn welcome(user: &UserId) -> Option<Frame> {
    let content = format!("Welcome, {}!", Guest::of(user)?.name);
    about(user, "welcome", &content, Timestamp::now())
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

fn about(user: &UserId, r#type: &'static str, content: &str, at: Timestamp) -> Option<Frame> {
    let Guest { id, name } = Guest::of(user)?;
    Some(Frame::json(&Out {
        r#type,
        username: name,
        user_id: id,
        content,
        timestamp: at,
    }))
}

/// The room's events as the front end's frames: the same for all, so each is written once.
#[derive(Debug)]
pub(crate) struct Frames;

impl WireFormat for Frames {
    fn encode(&self, event: &Event) -> Option<Frame> {
        let moved = |user: &UserId, r#type, how| {
            let content = format!("{} {how}", Guest::of(user)?.name);
            about(user, r#type, &content, Timestamp::now())
        };
        match event {
            Event::MessageCreated { message } => about(
                &message.sender_id,
                "chat",
                &message.content,
                message.created_at,
            ),
            Event::MemberUpdated { member, .. } => moved(&member.user_id, "join", "joined"),
            Event::MemberRemoved { member, .. } => moved(&member.user_id, "leave", "left"),
            _ => None,
        }
    }
}
